//! The books of all channels and operators, and how tallies are entered in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Kind};
use super::pace::Pace;
use super::page::{Book, Page};
use super::shelf::Shelf;
use super::tally::{Counted, Ending, OperatorChange, Tally};
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

/// Whose book it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A channel's.
    Channel(ChannelId),
    /// An operator's.
    Operator(OperatorId),
}

/// What is counted of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelBook {
    /// Its pages.
    pub book: Book,
    /// Its last answers.
    pub pace: Pace,
    /// Who was a member, and when. One entry for each time that somebody was.
    pub members: Vec<Membership>,
}

/// A time during which an operator was a member of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// Who.
    pub operator: OperatorId,
    /// From when on.
    pub from: Timestamp,
    /// Until when; to this day if there is no end.
    pub until: Option<Timestamp>,
}

/// What is counted of an operator.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OperatorBook {
    /// Its pages.
    pub book: Book,
    capacity: u32,
    online: bool,
    removed: bool,
}

impl OperatorBook {
    /// Units that can be used now.
    fn units(&self) -> i64 {
        if self.online && !self.removed { i64::from(self.capacity) } else { 0 }
    }
}

/// A page that is full, and with which writing it went to the disk.
#[derive(Debug, Clone, PartialEq)]
struct Full {
    page: Arc<Page>,
    written_with: Option<u64>,
}

/// What has to be written, as it was at one moment, whatever is booked meanwhile.
#[derive(Debug)]
pub enum Changed {
    /// All that there is of a channel but its full pages.
    Channel(ChannelId, Arc<ChannelBook>),
    /// The same of an operator.
    Operator(OperatorId, Arc<OperatorBook>),
    /// A full page, which never changes again, of this day.
    Page(Subject, i64, Arc<Page>),
}

/// The books of all channels and operators. Full pages are kept until they are on the disk.
#[derive(Debug, Clone, Default)]
pub struct Statistics {
    channels: Shelf<ChannelId, ChannelBook>,
    operators: Shelf<OperatorId, OperatorBook>,
    full: HashMap<Subject, BTreeMap<i64, Full>>,
}

impl Statistics {
    /// Puts a channel's book back.
    pub fn restore_channel(&mut self, channel: ChannelId, book: ChannelBook) {
        self.channels.put(channel, book);
    }

    /// Puts an operator's book back.
    pub fn restore_operator(&mut self, operator: OperatorId, book: OperatorBook) {
        self.operators.put(operator, book);
    }

    /// Books a tally of the change whose last event is `seq`. A book that has seen that already stays as it is.
    pub fn take(&mut self, tally: &Tally, seq: u64) {
        let at = tally.at;
        match &tally.counted {
            Counted::Offered(channel) => self.enter(channel, at, seq, Kind::Offered, 0),
            Counted::Owned { channel, operator, weight, first_wait_ms, from_queue } => {
                if *from_queue && let Some(book) = self.channel(channel, seq) {
                    book.pace.answer(at);
                }
                if let Some(wait_ms) = first_wait_ms {
                    self.enter(channel, at, seq, Kind::Answered, *wait_ms);
                }
                self.work(operator, at, seq, |page, at_ms| {
                    page.held.step(at_ms, i64::from(*weight));
                    if let Some(value) = *first_wait_ms {
                        page.ledger.enter(Entry { at_ms, kind: Kind::Answered, value });
                    }
                });
            }
            Counted::Released { operator, weight } => self.work(operator, at, seq, |page, at_ms| {
                page.held.step(at_ms, -i64::from(*weight));
            }),
            Counted::Closed { channel, held, ending } => self.close(channel, held.as_ref(), *ending, at, seq),
            Counted::Operator(operator, change) => self.change(operator, *change, at, seq),
            Counted::Members(channel, members) => self.seat(channel, members, at, seq),
        }
    }

    fn channel(&mut self, channel: &ChannelId, seq: u64) -> Option<&mut ChannelBook> {
        Some(self.channels.take(channel)).filter(|channel| channel.book.as_of < seq)
    }

    fn enter(&mut self, channel: &ChannelId, at: Timestamp, seq: u64, kind: Kind, value: u64) {
        let full = &mut self.full;
        let Some(ChannelBook { book, .. }) =
            Some(self.channels.take(channel)).filter(|channel| channel.book.as_of < seq)
        else {
            return;
        };
        book.dirty = true;
        let (page, at_ms) =
            book.turn_to(at, |day, page| keep(full, Subject::Channel(channel.clone()), day, page));
        page.ledger.enter(Entry { at_ms, kind, value });
    }

    fn work(&mut self, operator: &OperatorId, at: Timestamp, seq: u64, change: impl FnOnce(&mut Page, u32)) {
        let OperatorBook { book, .. } = self.operators.take(operator);
        if book.as_of >= seq {
            return;
        }
        book.dirty = true;
        let full = &mut self.full;
        let (page, at_ms) =
            book.turn_to(at, |day, page| keep(full, Subject::Operator(operator.clone()), day, page));
        change(page, at_ms);
    }

    fn close(
        &mut self,
        channel: &ChannelId,
        held: Option<&(OperatorId, u32)>,
        ending: Ending,
        at: Timestamp,
        seq: u64,
    ) {
        let entry = match ending {
            Ending::Abandoned => Some((Kind::Abandoned, 0)),
            Ending::Handled(handled_ms) => Some((Kind::Handled, handled_ms)),
            Ending::Nothing => None,
        };
        if let Some((kind, value)) = entry {
            self.enter(channel, at, seq, kind, value);
        }
        if let Some((operator, weight)) = held {
            self.work(operator, at, seq, |page, at_ms| {
                page.held.step(at_ms, -i64::from(*weight));
                if let Some((kind @ Kind::Handled, value)) = entry {
                    page.ledger.enter(Entry { at_ms, kind, value });
                }
            });
        }
    }

    fn change(&mut self, operator: &OperatorId, change: OperatorChange, at: Timestamp, seq: u64) {
        let book = self.operators.take(operator);
        if book.book.as_of >= seq {
            return;
        }
        let before = book.units();
        match change {
            OperatorChange::Capacity(units) => (book.capacity, book.removed) = (units, false),
            OperatorChange::Online(online) => book.online = online,
            OperatorChange::Removed => (book.online, book.removed) = (false, true),
        }
        let by = book.units() - before;
        self.work(operator, at, seq, |page, at_ms| page.online.step(at_ms, by));
    }

    fn seat(&mut self, channel: &ChannelId, members: &[OperatorId], at: Timestamp, seq: u64) {
        let Some(channel) = self.channel(channel, seq) else { return };
        channel.book.dirty = true;
        for seat in channel.members.iter_mut().filter(|seat| seat.until.is_none()) {
            if members.binary_search(&seat.operator).is_err() {
                seat.until = Some(at);
            }
        }
        // Who was a member for no time at all leaves no trace.
        channel.members.retain(|seat| seat.until != Some(seat.from));
        let mut present: Vec<&OperatorId> =
            channel.members.iter().filter(|seat| seat.until.is_none()).map(|seat| &seat.operator).collect();
        present.sort_unstable();
        let is_new = |operator: &&OperatorId| present.binary_search(operator).is_err();
        let new: Vec<OperatorId> = members.iter().filter(is_new).cloned().collect();
        channel.members.extend(new.into_iter().map(|operator| Membership {
            operator,
            from: at,
            until: None,
        }));
    }

    /// All that has changed since the last time, as it is after the event `seq`, to be written with it. It is
    /// not copied: a book of it that is changed meanwhile is, then.
    pub fn changed(&mut self, seq: u64) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (subject, pages) in &mut self.full {
            for (day, full) in pages.iter_mut().filter(|(_, full)| full.written_with.is_none()) {
                full.written_with = Some(seq);
                changed.push(Changed::Page(subject.clone(), *day, Arc::clone(&full.page)));
            }
        }
        let written = |book: &mut Book| (book.dirty, book.as_of) = (false, seq);
        self.channels.hand_out(
            |channel| channel.book.dirty,
            |channel| written(&mut channel.book),
            |id, channel| changed.push(Changed::Channel(id.clone(), channel)),
        );
        self.operators.hand_out(
            |operator| operator.book.dirty,
            |operator| written(&mut operator.book),
            |id, operator| changed.push(Changed::Operator(id.clone(), operator)),
        );
        changed
    }

    /// Forgets the full pages that were written with the event `seq` or before, and are on the disk now.
    pub fn forget_written(&mut self, seq: u64) {
        for pages in self.full.values_mut() {
            pages.retain(|_, full| full.written_with.is_none_or(|with| with > seq));
        }
        self.full.retain(|_, pages| !pages.is_empty());
    }

    /// The pages that are still here, in order: those before are on the disk.
    pub fn pages(&self, subject: &Subject) -> Vec<(i64, Page)> {
        let full =
            self.full.get(subject).into_iter().flatten().map(|(day, full)| (*day, Page::clone(&full.page)));
        let book = match subject {
            Subject::Channel(channel) => self.channels.get(channel).map(|channel| &channel.book),
            Subject::Operator(operator) => self.operators.get(operator).map(|operator| &operator.book),
        };
        full.chain(book.map(|book| (book.day, book.page.clone()))).collect()
    }

    /// Every channel.
    pub fn channels(&self) -> Vec<ChannelId> {
        self.channels.iter().map(|(channel, _)| channel.clone()).collect()
    }

    /// Every operator.
    pub fn operators(&self) -> Vec<OperatorId> {
        self.operators.iter().map(|(operator, _)| operator.clone()).collect()
    }

    /// Who was a member of a channel, and when.
    pub fn members(&self, channel: &ChannelId) -> Vec<Membership> {
        self.channels.get(channel).map_or_else(Vec::new, |channel| channel.members.clone())
    }

    /// How long somebody at this position of a channel waits, as its last answers suggest.
    pub fn estimate_ms(&self, channel: &ChannelId, position: u64, now: Timestamp) -> Option<u64> {
        self.channels.get(channel)?.pace.estimate_ms(position, now)
    }
}

fn keep(full: &mut HashMap<Subject, BTreeMap<i64, Full>>, subject: Subject, day: i64, page: Page) {
    full.entry(subject).or_default().insert(day, Full { page: Arc::new(page), written_with: None });
}
