//! Tests of the router as a whole: rules one by one, and random worlds against a naive router.

mod large;
mod naive;
mod random;
mod rules;
mod storm;
mod time;
mod world;
