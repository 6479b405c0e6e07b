//! What came of a replay, as figures, as a text for the terminal and as a page with charts.
//!
//! Pure: everything is made from counts and given back as a value or a text.

mod axis;
mod charts;
mod comparison;
mod html;
mod plot;
mod summary;
mod text;

#[cfg(test)]
mod tests;

pub use comparison::{Compared, Comparison, Difference};
pub use html::{comparison as html_of_comparison, html};
pub use summary::{DayFigures, ReplayReport, RunFacts, SlotFigures, WaitBand};
pub use text::{comparison as text_of_comparison, text};
