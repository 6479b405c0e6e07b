//! The list of dialogs, open and closed, by what is true of them.

use serde::Deserialize;

use crate::domain::finding::{FactKind, Filter};
use crate::domain::{fold, form};
use crate::error::Rejection;
use crate::ids::{ChannelId, ClientId, DialogId, OperatorId};
use crate::limits;
use crate::timestamp::Timestamp;

/// Dialogs of which all of this is true, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListDialogs {
    /// Where they stand.
    pub status: Option<StatusFilter>,
    /// Who owns them; of closed ones, who did last.
    pub owner: Option<OperatorId>,
    /// In whose queue or hands they are.
    pub channel: Option<ChannelId>,
    /// The connector's id for the client, on whatever channel.
    pub client: Option<ClientId>,
    /// Who takes part without owning them; of closed ones, who ever did.
    pub participant: Option<OperatorId>,
    /// The host's name for what came of them.
    pub reference: Option<String>,
    /// Opened at this moment or later.
    pub since: Option<Timestamp>,
    /// Opened before this moment.
    pub until: Option<Timestamp>,
    /// What was written in them: a word for each of these, which begins it.
    pub text: Option<String>,
    /// The last dialog seen: older ones are wanted.
    pub after: Option<DialogId>,
    /// How many at most.
    pub limit: Option<u32>,
}

/// Where a dialog stands, as a list asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StatusFilter {
    /// In a queue, offered to nobody.
    Waiting,
    /// Offered.
    Offered,
    /// It has an owner.
    Answered,
    /// A bot holds it.
    Bot,
    /// It has ended.
    Closed,
}

impl StatusFilter {
    /// The word of the line protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Answered => "answered",
            Self::Bot => "bot",
            Self::Closed => "closed",
        }
    }
}

impl ListDialogs {
    /// How many dialogs a page has unless the query says otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;

    /// Checks lengths and the size of the page.
    ///
    /// # Errors
    /// `invalid_argument` or `too_large`, with the field.
    pub fn validate(&self) -> Result<(), Rejection> {
        page(self.limit)?;
        self.reference.as_deref().map_or(Ok(()), |reference| form::filled_name("reference", reference))?;
        self.text.as_deref().map_or(Ok(()), wanted)
    }

    /// How many at most.
    pub fn page(&self) -> usize {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT) as usize
    }

    /// What must be true of a dialog.
    pub fn filter(&self) -> Filter {
        let one = [
            (FactKind::Channel, self.channel.as_ref().map(ChannelId::as_str)),
            (FactKind::Owner, self.owner.as_ref().map(OperatorId::as_str)),
            (FactKind::Client, self.client.as_ref().map(ClientId::as_str)),
            (FactKind::Participant, self.participant.as_ref().map(OperatorId::as_str)),
            (FactKind::Reference, self.reference.as_deref()),
        ];
        let one = one.into_iter().filter_map(|(kind, text)| Some((kind, text?.to_owned())));
        let words = self.text.iter().flat_map(|text| fold::words(text));
        Filter {
            facts: one.chain(words.map(|word| (FactKind::Word, word))).collect(),
            status: self.status,
            since: self.since,
            until: self.until,
        }
    }
}

/// The size of a page.
pub(super) fn page(limit: Option<u32>) -> Result<(), Rejection> {
    match limit {
        Some(limit) if !(1..=limits::PAGE).contains(&limit) => {
            Err(Rejection::invalid("limit", format!("a page has 1 to {} entries", limits::PAGE)))
        }
        _ => Ok(()),
    }
}

/// A text by which something is looked for.
pub(super) fn wanted(text: &str) -> Result<(), Rejection> {
    form::filled_name("text", text)?;
    if fold::words(text).is_empty() {
        return Err(Rejection::invalid("text", "there is no letter or digit to look for"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn read(line: &str) -> ListDialogs {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn every_filter_is_a_fact_to_ask_for() {
        let line = r#"{"status":"bot","owner":"anna","channel":"web","client":"ala","participant":"bea",
            "reference":"D-1","text":"Żółw parcel","since":"2026-01-01T00:00:00Z","until":"2026-01-02T00:00:00Z"}"#;
        let filter = read(line).filter();
        let texts: Vec<_> = filter.facts.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["web", "anna", "ala", "bea", "D-1", "zolw", "parcel"]);
        assert_eq!(filter.status, Some(StatusFilter::Bot));
        assert!(filter.since < filter.until);
        assert_eq!(read("{}").filter(), Filter::default());
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let cases = [
            (r#"{"limit":0}"#, "limit", Code::InvalidArgument),
            (r#"{"limit":201}"#, "limit", Code::InvalidArgument),
            (r#"{"text":""}"#, "text", Code::InvalidArgument),
            (r#"{"text":"…"}"#, "text", Code::InvalidArgument),
            (r#"{"reference":""}"#, "reference", Code::InvalidArgument),
        ];
        for (line, field, code) in cases {
            let rejection = read(line).validate().unwrap_err();
            assert_eq!((rejection.field.as_deref(), rejection.code), (Some(field), code), "{line}");
        }
        let long = ListDialogs { text: Some("x".repeat(limits::NAME_CHARS + 1)), ..ListDialogs::default() };
        assert_eq!(long.validate().unwrap_err().code, Code::TooLarge);
        assert_eq!(read(r#"{"limit":200,"text":"x"}"#).validate(), Ok(()));
        assert!(serde_json::from_str::<ListDialogs>(r#"{"status":"gone"}"#).is_err());
    }

    #[test]
    fn statuses_have_the_words_of_dialogs() {
        for word in ["waiting", "offered", "answered", "bot", "closed"] {
            assert_eq!(read(&format!(r#"{{"status":"{word}"}}"#)).status.unwrap().as_str(), word);
        }
    }
}
