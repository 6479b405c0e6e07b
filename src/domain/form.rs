//! The form of commands: lengths and ranges, before anything is looked up.
//!
//! Nothing here knows the state of anything.

use crate::error::{Code, Rejection};
use crate::limits;

/// A text that somebody wrote.
pub(super) fn text(field: &'static str, text: &str) -> Result<(), Rejection> {
    at_most(limits::TEXT_CHARS, field, text)
}

/// A name of something or somebody.
pub(super) fn name(field: &'static str, name: &str) -> Result<(), Rejection> {
    at_most(limits::NAME_CHARS, field, name)
}

/// An address on the web.
pub(super) fn url(field: &'static str, url: &str) -> Result<(), Rejection> {
    at_most(limits::URL_CHARS, field, url)
}

/// A duration in a setting.
pub(super) fn duration_ms(field: &'static str, ms: u64) -> Result<(), Rejection> {
    let max = limits::DURATION_MS;
    if ms > max { Err(Rejection::invalid(field, format!("a duration has at most {max} ms"))) } else { Ok(()) }
}

/// A number of capacity units, from `least`.
pub(super) fn units(field: &'static str, units: u32, least: u32) -> Result<(), Rejection> {
    let most = limits::CAPACITY_UNITS;
    if (least..=most).contains(&units) {
        Ok(())
    } else {
        Err(Rejection::invalid(field, format!("capacity units go from {least} to {most}")))
    }
}

fn at_most(max: usize, field: &'static str, text: &str) -> Result<(), Rejection> {
    // Bytes bound characters from above, so the usual short text is never counted.
    if text.len() <= max || text.chars().count() <= max {
        return Ok(());
    }
    Err(Rejection::new(Code::TooLarge, format!("at most {max} characters")).at(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_measured_in_characters() {
        assert_eq!(text("text", &"ż".repeat(10_000)), Ok(()));
        let rejection = text("text", &"ż".repeat(10_001)).unwrap_err();
        assert_eq!((rejection.code, rejection.field.as_deref()), (Code::TooLarge, Some("text")));
    }

    #[test]
    fn units_and_durations_have_ranges() {
        assert_eq!(units("weight", 1, 1), Ok(()));
        assert_eq!(units("weight", 0, 1).unwrap_err().code, Code::InvalidArgument);
        assert_eq!(units("capacity", limits::CAPACITY_UNITS + 1, 0).unwrap_err().code, Code::InvalidArgument);
        assert_eq!(duration_ms("offer_timeout_ms", limits::DURATION_MS), Ok(()));
        assert!(duration_ms("offer_timeout_ms", limits::DURATION_MS + 1).is_err());
    }
}
