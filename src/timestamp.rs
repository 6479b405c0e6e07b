//! A moment on the engine's clock. Nothing here reads a clock.

use std::fmt;
use std::num::NonZeroI64;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Text is RFC 3339 in UTC with milliseconds.
///
/// One that may be missing takes no more room: what is kept is never 0, since from 0 on it is one more. So the last
/// number of 64 bits is no moment; it is taken for the one before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(NonZeroI64);

impl Default for Timestamp {
    fn default() -> Self {
        Self::from_millis(0)
    }
}

/// Why a text is not a moment that the engine can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time between the years 1970 and 9000: {0}")]
pub struct InvalidTimestamp(String);

impl Timestamp {
    /// Last moment that the engine accepts as input, 9000-01-01T00:00:00Z: far from where calendars end.
    pub const LAST_INPUT: Self = Self::from_millis(221_845_392_000_000);

    /// Beyond this, before 1970 and behind, no stored moment can be: whatever is added to one of these or taken from
    /// it is still a number.
    const LARGEST: i64 = 1 << 60;

    /// The moment `ms` milliseconds after 1970-01-01T00:00:00Z.
    pub const fn from_millis(ms: i64) -> Self {
        match NonZeroI64::new(if ms < 0 { ms } else { ms.saturating_add(1) }) {
            Some(kept) => Self(kept),
            None => Self(NonZeroI64::MIN),
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        let kept = self.0.get();
        kept - (kept > 0) as i64
    }

    /// This moment and `ms` milliseconds more; stays at the last moment rather than overflow.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self::from_millis(self.as_millis().saturating_add_unsigned(ms))
    }

    /// The moment `ms` milliseconds earlier; the earliest there is, if that would be before it.
    #[must_use]
    pub fn minus_ms(self, ms: u64) -> Self {
        Self::from_millis(self.as_millis().saturating_sub_unsigned(ms))
    }

    /// Milliseconds since `earlier`; 0 if that is not earlier.
    pub fn since_ms(self, earlier: Timestamp) -> u64 {
        u64::try_from(self.as_millis().saturating_sub(earlier.as_millis())).unwrap_or(0)
    }

    /// Reads an RFC 3339 text. Fractions finer than a millisecond are cut off.
    ///
    /// # Errors
    /// [`InvalidTimestamp`] if it is not RFC 3339 or outside the years 1970 to 9000.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let invalid = || InvalidTimestamp(text.chars().take(64).collect());
        let parsed: jiff::Timestamp = text.parse().map_err(|_| invalid())?;
        let ms = parsed.as_millisecond();
        let moment = Self::from_millis(ms);
        if ms >= 0 && moment <= Self::LAST_INPUT { Ok(moment) } else { Err(invalid()) }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.as_millis()) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}ms", self.as_millis()),
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
            serializer.serialize_i64(self.as_millis())
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
            if fits {
                Ok(Self::from_millis(ms))
            } else {
                Err(serde::de::Error::custom("a moment beyond all calendars"))
            }
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
        assert_eq!(Timestamp::from_millis(i64::MAX).plus_ms(u64::MAX).as_millis(), i64::MAX - 1);
        assert_eq!(Timestamp::from_millis(i64::MIN).minus_ms(u64::MAX).as_millis(), i64::MIN);
        assert_eq!(Timestamp::from_millis(5).since_ms(Timestamp::from_millis(7)), 0);
    }

    #[test]
    fn moments_are_in_the_order_of_their_milliseconds() {
        let all = [i64::MIN, -2, -1, 0, 1, 2, i64::MAX - 1].map(Timestamp::from_millis);
        assert_eq!(all.map(Timestamp::as_millis), [i64::MIN, -2, -1, 0, 1, 2, i64::MAX - 1]);
        assert!(all.is_sorted() && all.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(size_of::<Option<Timestamp>>(), size_of::<Timestamp>());
    }
}
