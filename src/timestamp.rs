//! A moment on the engine's clock. Nothing here reads a clock.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Text is RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

/// Why a text is not a moment that the engine can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time between the years 1970 and 9000: {0}")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// Last moment that the engine accepts as input, 9000-01-01T00:00:00Z: far from where calendars end.
    pub const LAST_INPUT: Self = Self(221_845_392_000_000);

    /// Beyond this, before 1970 and behind, no stored moment can be: whatever is added to one of these or taken from
    /// it is still a number.
    const LARGEST: i64 = 1 << 60;

    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment and `ms` milliseconds more; stays at the last moment rather than overflow.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add_unsigned(ms))
    }

    /// The moment `ms` milliseconds earlier; the earliest there is, if that would be before it.
    #[must_use]
    pub fn minus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(ms))
    }

    /// Milliseconds since `earlier`; 0 if that is not earlier.
    pub fn since_ms(self, earlier: Timestamp) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// Reads an RFC 3339 text. Fractions finer than a millisecond are cut off.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] if it is not RFC 3339 or outside the years 1970 to 9000.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let invalid = || InvalidTimestamp(text.chars().take(64).collect());
        let parsed: jiff::Timestamp = text.parse().map_err(|_| invalid())?;
        let ms = parsed.as_millisecond();
        if (0..=Self::LAST_INPUT.0).contains(&ms) { Ok(Self(ms)) } else { Err(invalid()) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(&text).map_err(serde::de::Error::custom)
        } else {
            let ms = i64::deserialize(deserializer)?;
            let fits = (-Self::LARGEST..=Self::LARGEST).contains(&ms);
            if fits { Ok(Self(ms)) } else { Err(serde::de::Error::custom("a moment beyond all calendars")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_rfc_3339_in_utc_with_milliseconds() {
        let moment = Timestamp::parse("2026-03-29T03:30:00.1239+02:00").unwrap();
        assert_eq!(moment.to_string(), "2026-03-29T01:30:00.123Z");
        assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in
            ["", "now", "2026-01-01", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "9500-01-01T00:00:00Z"]
        {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_never_overflows() {
        assert_eq!(Timestamp::from_millis(i64::MAX).plus_ms(u64::MAX).as_millis(), i64::MAX);
        assert_eq!(Timestamp::from_millis(5).since_ms(Timestamp::from_millis(7)), 0);
    }
}
