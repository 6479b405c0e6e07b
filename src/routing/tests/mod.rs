//! Tests of the router as a whole: rules one by one, and random worlds against a naive router.

mod naive;
mod random;
mod rules;
mod time;
mod world;
