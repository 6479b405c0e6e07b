//! Load: recorded and made-up traffic, staffing by Erlang's formulas, and reports.
//!
//! Nothing here knows how the engine works inside: a [`Script`](crate::engine::Script) is asked what to
//! send next and told what happened. Nothing here prints: reports are for others to show.
//!
//! A replay, from a file to a report:
//!
//! 1. [`recording`] reads how many arrivals each interval had; [`arrivals`] makes moments of them.
//! 2. [`staffing`] says how many operators each interval has, by hand or by [`erlang`].
//! 3. [`replay`] plays it all as a script on virtual time and counts what happens; how long a dialog
//!    takes and when a client gives up comes from [`distributions`].
//! 4. [`report`] makes figures, a text for the terminal, and a page with charts of the counts.
//!
//! [`agreement`] says whether a replay of constant arrivals agrees with the formulas; [`compare`] reads settings that are to be played side by side.
//!
//! [`workload`] is the other kind of load, on the wall clock: what is asked for and what came out; [`driver`]
//! lives through it, and [`disk`] measures what no durable reply can be faster than.

pub mod agreement;
pub mod arrivals;
pub mod compare;
pub mod disk;
pub mod distributions;
pub mod driver;
pub mod erlang;
pub mod human;
mod latencies;
pub mod memory;
pub mod recording;
pub mod replay;
pub mod report;
pub mod staffing;
mod tasks;
pub mod workload;
mod workload_text;
