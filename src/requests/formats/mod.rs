//! Requests in the standard formats of calendars, task lists and address books: payloads alone, what
//! carries them is the host's choice (CalDAV, CardDAV, mail, a file).
//!
//! The same request always gives the same bytes, with a UID made of its id. So a server that keeps
//! things by their UID stores a request once, however often it is sent.

mod calendar;
mod contact;

use calcard::common::PartialDateTime;

use crate::domain::view::RequestView;
use crate::ids::RequestId;
use crate::timestamp::Timestamp;

/// Who wrote a payload, as the formats want it said.
const PRODUCT: &str = concat!("-//Centrala//Centrala ", env!("CARGO_PKG_VERSION"), "//EN");

/// Longest title that is made of a text, in characters.
const TITLE_CHARS: usize = 80;

/// Writes requests of one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formats {
    namespace: String,
}

impl Formats {
    /// For requests of the engine with this name. It becomes a part of the UIDs, so that two engines
    /// may fill one calendar: the name of a host will do. It must stay the same.
    pub fn new(namespace: &str) -> Self {
        let plain =
            |letter: char| if letter.is_ascii_alphanumeric() || ".-".contains(letter) { letter } else { '-' };
        Self { namespace: namespace.chars().map(plain).collect() }
    }

    /// The UID of whatever is made of a request. It may stand in a path as it is.
    pub fn uid(&self, request: RequestId) -> String {
        format!("request-{request}@{}", self.namespace)
    }

    /// An iCalendar object with a task (`VTODO`, RFC 5545).
    pub fn task(&self, request: &RequestView) -> String {
        calendar::task(&self.uid(request.request), request)
    }

    /// An iCalendar object with an event (`VEVENT`, RFC 5545). Without a start it is at the moment
    /// when the request was made.
    pub fn calendar_event(&self, request: &RequestView) -> String {
        calendar::event(&self.uid(request.request), request)
    }

    /// A vCard 4.0 (RFC 6350) of the client, from the contact of a deal and the client's name.
    ///
    /// Known fields of the contact are `name`, `given_name`, `family_name`, `email`, `phone`,
    /// `organization`, `position`, `street`, `city`, `region`, `postal_code`, `country`, `url` and
    /// `note`; all others are added to the note.
    pub fn contact(&self, request: &RequestView) -> String {
        contact::card(&self.uid(request.request), request)
    }
}

/// A title for people: that of the request, or the first line of its text.
fn title(request: &RequestView) -> String {
    let described = || request.description.as_deref()?.lines().map(str::trim).find(|line| !line.is_empty());
    let given = request.title.as_deref().or_else(described);
    let text = given.map_or_else(|| format!("Request {}", request.request), str::to_owned);
    match text.char_indices().nth(TITLE_CHARS) {
        Some((end, _)) if request.title.is_none() => format!("{}…", &text[..end]),
        _ => text,
    }
}

/// The moment in UTC; both formats know whole seconds.
fn moment(time: Timestamp) -> PartialDateTime {
    PartialDateTime::from_utc_timestamp(time.as_millis().div_euclid(1000))
}

#[cfg(test)]
mod tests;
