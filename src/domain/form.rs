//! The form of commands: lengths and ranges, before anything is looked up.
//!
//! Nothing here knows the state of anything.

use std::borrow::Cow;

use crate::error::{Code, Rejection};
use crate::limits;

/// A text that somebody wrote.
pub(super) fn text(field: impl Into<Cow<'static, str>>, text: &str) -> Result<(), Rejection> {
    at_most(limits::TEXT_CHARS, field, text)
}

/// A name of something or somebody.
pub(super) fn name(field: impl Into<Cow<'static, str>>, name: &str) -> Result<(), Rejection> {
    at_most(limits::NAME_CHARS, field, name)
}

/// A name that must not be empty.
pub(super) fn filled_name(field: impl Into<Cow<'static, str>>, name: &str) -> Result<(), Rejection> {
    filled(limits::NAME_CHARS, field, name)
}

/// A text that must not be empty.
pub(super) fn filled_text(field: impl Into<Cow<'static, str>>, text: &str) -> Result<(), Rejection> {
    filled(limits::TEXT_CHARS, field, text)
}

/// A link. What its scheme means is the host's affair.
pub(super) fn url(field: impl Into<Cow<'static, str>>, url: &str) -> Result<(), Rejection> {
    let field = field.into();
    filled(limits::URL_CHARS, field.clone(), url)?;
    if url.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err(Rejection::invalid(field, "a link has no spaces"));
    }
    Ok(())
}

/// A media type: `type/subtype`, with parameters if need be.
pub(super) fn media_type(field: impl Into<Cow<'static, str>>, media_type: &str) -> Result<(), Rejection> {
    let field = field.into();
    filled(limits::MEDIA_TYPE_CHARS, field.clone(), media_type)?;
    let essence = media_type.split(';').next().unwrap_or_default().trim_end();
    let named = essence.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
    if !named || media_type.chars().any(char::is_control) {
        return Err(Rejection::invalid(field, "a media type is like image/png"));
    }
    Ok(())
}

/// A currency: the three letters of ISO 4217.
pub(super) fn currency(field: &'static str, currency: &str) -> Result<(), Rejection> {
    if currency.len() == 3 && currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(Rejection::invalid(field, "a currency has three capital letters, like EUR"))
}

/// A token of RFC 9110.
fn token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

fn filled(max: usize, field: impl Into<Cow<'static, str>>, text: &str) -> Result<(), Rejection> {
    if text.is_empty() {
        return Err(Rejection::invalid(field, "it must not be empty"));
    }
    at_most(max, field, text)
}

/// A duration in a setting.
pub(super) fn duration_ms(field: impl Into<Cow<'static, str>>, ms: u64) -> Result<(), Rejection> {
    let max = limits::DURATION_MS;
    if ms > max { Err(Rejection::invalid(field, format!("a duration has at most {max} ms"))) } else { Ok(()) }
}

/// A duration in a setting that cannot be nothing.
pub(super) fn time_span_ms(field: &'static str, ms: u64) -> Result<(), Rejection> {
    if ms == 0 {
        return Err(Rejection::invalid(field, "it takes at least 1 ms"));
    }
    duration_ms(field, ms)
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

fn at_most(max: usize, field: impl Into<Cow<'static, str>>, text: &str) -> Result<(), Rejection> {
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
    fn media_types_links_and_currencies_have_their_forms() {
        for good in ["image/png", "text/plain; charset=utf-8", "application/vnd.a+json"] {
            assert_eq!(media_type("m", good), Ok(()));
        }
        for bad in ["", "image", "image/", "/png", "im age/png", "image/png/x", "text/plain; a=\n"] {
            assert_eq!(media_type("m", bad).unwrap_err().code, Code::InvalidArgument, "{bad:?}");
        }
        assert_eq!(url("url", "https://a.example/ż"), Ok(()));
        assert!(url("url", "").is_err() && url("url", "a b").is_err() && url("url", "a\nb").is_err());
        assert_eq!(url("url", &"x".repeat(2049)).unwrap_err().code, Code::TooLarge);
        assert_eq!(currency("currency", "EUR"), Ok(()));
        assert!(currency("currency", "eur").is_err() && currency("currency", "EURO").is_err());
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
