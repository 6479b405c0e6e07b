//! What a dialog can be found by: its facts, and filters that ask for some of them.
//!
//! The index on the disk and the filter that looks at a dialog use the same facts, so that they
//! cannot say different things. Nothing here knows where dialogs are.

use super::dialog::{Dialog, Status};
use super::fold;
use super::query::StatusFilter;
use crate::timestamp::Timestamp;

/// The kinds of facts. Their numbers are stored: append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FactKind {
    /// The channel in whose queue or hands it is.
    Channel = 1,
    /// Its owner; a closed one's last.
    Owner = 2,
    /// The connector's id for the client.
    Client = 3,
    /// Who takes part without owning it; of a closed one, who ever did.
    Participant = 4,
    /// The host's name for something that came of it.
    Reference = 5,
    /// A word of its messages; asked for by any beginning.
    Word = 6,
    /// A word of its title or of the client's name; asked for by any beginning.
    NameWord = 7,
    /// All words of its title, or of the client's name.
    Name = 8,
}

impl FactKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Channel,
        Self::Owner,
        Self::Client,
        Self::Participant,
        Self::Reference,
        Self::Word,
        Self::NameWord,
        Self::Name,
    ];

    /// Whether its texts are words, for which any beginning stands when they are asked for.
    pub fn is_word(self) -> bool {
        matches!(self, Self::Word | Self::NameWord)
    }

    /// Whether a fact with this text is the one that was asked for.
    fn is_meant(self, text: &str, wanted: &str) -> bool {
        if self.is_word() { text.starts_with(wanted) } else { text == wanted }
    }
}

/// Shows the facts of these kinds that are true of `dialog`; some may be shown more than once.
pub fn facts(dialog: &Dialog, kinds: &[FactKind], see: &mut dyn FnMut(FactKind, &str)) {
    for kind in kinds {
        let mut see = |text: &str| see(*kind, text);
        match kind {
            FactKind::Channel => dialog.channel.iter().for_each(|channel| see(channel.as_str())),
            FactKind::Owner => dialog.owner.iter().for_each(|owner| see(owner.as_str())),
            FactKind::Client => dialog.client.iter().for_each(|client| see(client.id.as_str())),
            FactKind::Participant => {
                let all = if dialog.is_closed() { &dialog.former_participants } else { &dialog.participants };
                let others = all.iter().filter(|operator| dialog.owner.as_ref() != Some(operator));
                others.for_each(|operator| see(operator.as_str()));
            }
            FactKind::Reference => references(dialog).for_each(see),
            FactKind::Word => {
                let texts = dialog.messages.iter().map(|message| message.text.as_str());
                texts.for_each(|text| fold::each_word(text, &mut see));
            }
            FactKind::NameWord => {
                names(dialog).for_each(|name| fold::each_word(name, &mut see));
            }
            FactKind::Name => names(dialog).for_each(|name| see(&fold::words(name).join(" "))),
        }
    }
}

/// What people call it, the title first.
fn names(dialog: &Dialog) -> impl Iterator<Item = &str> {
    let client = dialog.client.as_ref().and_then(|client| client.name.as_deref());
    [dialog.title.as_deref(), client].into_iter().flatten()
}

/// Under which the host's systems know it.
fn references(dialog: &Dialog) -> impl Iterator<Item = &str> {
    dialog.links().map(|link| link.reference.as_str())
}

/// What people call it: its title, else the client's name, else the client's id; nothing for an
/// internal dialog without a title.
pub fn name(dialog: &Dialog) -> &str {
    let filled = names(dialog).find(|name| !name.is_empty());
    filled.unwrap_or_else(|| dialog.client.as_ref().map_or("", |client| client.id.as_str()))
}

/// Which dialogs are wanted: those of which all of this is true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Facts.
    pub facts: Vec<(FactKind, String)>,
    /// Where it stands.
    pub status: Option<StatusFilter>,
    /// Opened at this moment or later.
    pub since: Option<Timestamp>,
    /// Opened before this moment.
    pub until: Option<Timestamp>,
}

impl Filter {
    /// Those named exactly so, whatever the case and accents.
    pub fn named(text: &str) -> Self {
        Self { facts: vec![(FactKind::Name, fold::words(text).join(" "))], ..Self::default() }
    }

    /// Those with a word in their name for each word of `text`, which begins it.
    pub fn with_name(text: &str) -> Self {
        let words = fold::words(text).into_iter().map(|word| (FactKind::NameWord, word));
        Self { facts: words.collect(), ..Self::default() }
    }

    /// Whether all of it is true of `dialog`.
    pub fn fits(&self, dialog: &Dialog) -> bool {
        self.fits_status(&dialog.status)
            && self.since.is_none_or(|since| dialog.opened_at >= since)
            && self.until.is_none_or(|until| dialog.opened_at < until)
            && self.fits_facts(dialog)
    }

    /// Whether closed dialogs can be among them.
    pub fn wants_closed(&self) -> bool {
        self.status.is_none_or(|status| status == StatusFilter::Closed)
    }

    /// Whether open dialogs can be among them.
    pub fn wants_open(&self) -> bool {
        self.status != Some(StatusFilter::Closed)
    }

    fn fits_status(&self, status: &Status) -> bool {
        self.status.is_none_or(|wanted| wanted.as_str() == status.as_str())
    }

    fn fits_facts(&self, dialog: &Dialog) -> bool {
        let mut kinds: Vec<FactKind> = self.facts.iter().map(|(kind, _)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut missing: Vec<&(FactKind, String)> = self.facts.iter().collect();
        facts(dialog, &kinds, &mut |kind, text| {
            missing.retain(|(wanted, what)| *wanted != kind || !kind.is_meant(text, what));
        });
        missing.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialog::Visibility;
    use crate::domain::event::DialogEvent;
    use crate::domain::testing::*;

    fn dialog() -> Dialog {
        let mut events = written_by("anna", Visibility::Hidden);
        events.push(DialogEvent::ParticipantJoined { operator: operator("bea"), by: operator("bea") });
        events.push(DialogEvent::Renamed { title: Some("Zgubiona paczka".into()), by: operator("anna") });
        given(events).dialog()
    }

    fn fits(dialog: &Dialog, facts: &[(FactKind, &str)]) -> bool {
        let facts = facts.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
        Filter { facts, ..Filter::default() }.fits(dialog)
    }

    #[test]
    fn a_dialog_fits_if_every_fact_is_true_of_it() {
        use FactKind::{Channel, Client, Owner, Participant, Reference, Word};
        let dialog = dialog();
        assert!(fits(&dialog, &[]));
        assert!(fits(&dialog, &[(Channel, "web"), (Owner, "anna"), (Client, "ala"), (Participant, "bea")]));
        assert!(fits(&dialog, &[(Word, "hello"), (Word, "h")]));
        for wrong in [(Channel, "we"), (Owner, "bea"), (Participant, "anna"), (Word, "ello"), (Reference, "")]
        {
            assert!(!fits(&dialog, &[(Channel, "web"), wrong]), "{wrong:?}");
        }
    }

    #[test]
    fn who_took_part_is_found_again_when_it_is_closed() {
        let takes_part = |events: &[DialogEvent]| {
            fits(&given(events.to_vec()).dialog(), &[(FactKind::Participant, "bea")])
        };
        let mut events = joined_by("anna", "bea");
        assert!(takes_part(&events));
        events.push(DialogEvent::ParticipantLeft { operator: operator("bea"), by: None });
        assert!(!takes_part(&events));
        events.push(finished_event("anna"));
        assert!(takes_part(&events));
    }

    #[test]
    fn names_are_found_whole_and_by_their_words() {
        let dialog = dialog();
        assert!(Filter::named("zgubioná PACZKA").fits(&dialog) && !Filter::named("zgubiona").fits(&dialog));
        assert!(Filter::with_name("pacz zgu").fits(&dialog) && !Filter::with_name("pacz zgx").fits(&dialog));
        assert_eq!(name(&dialog), "Zgubiona paczka");
        assert_eq!(name(&given(answered_by("anna")).dialog()), "ala");
    }

    #[test]
    fn time_and_status_are_asked_too() {
        let dialog = dialog();
        let status = |status| Filter { status: Some(status), ..Filter::default() }.fits(&dialog);
        assert!(status(StatusFilter::Answered) && !status(StatusFilter::Closed));
        let opened = dialog.opened_at;
        let since = |since| Filter { since: Some(since), ..Filter::default() }.fits(&dialog);
        let until = |until| Filter { until: Some(until), ..Filter::default() }.fits(&dialog);
        assert!(since(opened) && !since(opened.plus_ms(1)));
        assert!(until(opened.plus_ms(1)) && !until(opened));
    }

    #[test]
    fn every_kind_stands_in_the_list_once() {
        let mut kinds = FactKind::ALL.to_vec();
        kinds.dedup();
        assert_eq!(kinds.len(), FactKind::Name as usize);
    }
}
