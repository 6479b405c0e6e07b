//! What came of a replay, as figures, as a text for the terminal and as a page with charts.
//!
//! Pure: everything is made from counts and given back as a value or a text.

mod axis;
mod charts;
mod html;
mod plot;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub use html::html;
pub use summary::{DayFigures, ReplayReport, RunFacts, SlotFigures, WaitBand};
pub use text::text;
