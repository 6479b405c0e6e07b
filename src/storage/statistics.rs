//! The books of statistics: in memory as they are now, on the disk as they were at the last checkpoint, with every
//! full page. What is counted is decided elsewhere.
//!
//! The table holds a book for each channel and operator, with the last event that it may have seen, and a page
//! for each of their days that is over. A book is written with or behind its pages, so it is never ahead of
//! them; recovery counts what its journal has beyond each book.

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::codec;
use super::reader::Reader;
use super::rocks::{Disk, Entry, Safety, Table};
use crate::domain::statistics::{
    Changed, DAY_MS, Figures, Membership, Meter, Page, Span, Statistics, Subject, Tally, Usage, day_of,
};
use crate::error::Error;
use crate::ids::{ChannelId, OperatorId};
use crate::timestamp::Timestamp;

const CHANNEL_BOOK: u8 = b'c';
const OPERATOR_BOOK: u8 = b'o';
const CHANNEL_PAGE: u8 = b'C';
const OPERATOR_PAGE: u8 = b'O';

/// Entries per write: the commit thread must not wait long behind one.
const ENTRIES_PER_WRITE: usize = 256;

/// The books of a running engine. Whoever reads or books holds the lock for one tally, one group or one page; at a
/// checkpoint all books are handed out under it, none of them copied.
#[derive(Default)]
pub(super) struct SharedStatistics(Mutex<Statistics>);

/// Changed books and full pages as they are after an event.
pub(super) struct Writing {
    seq: u64,
    changed: Vec<Changed>,
}

impl SharedStatistics {
    pub fn new(statistics: Statistics) -> Self {
        Self(Mutex::new(statistics))
    }

    /// Books the tallies of a group, batch by batch.
    pub fn take<'a>(&self, tallies: impl Iterator<Item = &'a Tally>) {
        let mut tallies = tallies.peekable();
        if tallies.peek().is_some() {
            let mut statistics = self.lock();
            tallies.for_each(|tally| statistics.take(tally, u64::MAX));
        }
    }

    /// What has changed since the last time, as it is after the event `seq`.
    pub fn changed(&self, seq: u64) -> Writing {
        Writing { seq, changed: self.lock().changed(seq) }
    }

    /// Brings it to the disk; from then on full pages are found there.
    pub fn write(&self, Writing { seq, changed }: Writing, disk: &Disk) -> Result<(), Error> {
        // Each is let go of once it is encoded: from then on it can be changed without a copy.
        let mut entries = changed.into_iter().map(entry).peekable();
        while entries.peek().is_some() {
            let entries: Vec<Entry> = entries.by_ref().take(ENTRIES_PER_WRITE).collect();
            disk.write(Safety::Memory, |changes| {
                entries.iter().for_each(|(key, value)| changes.put(Table::Statistics, key, value));
            })?;
        }
        self.lock().forget_written(seq);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Statistics> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(changed: Changed) -> Entry {
    match changed {
        Changed::Channel(id, book) => (book_key(CHANNEL_BOOK, id.as_str()), codec::encode(&*book)),
        Changed::Operator(id, book) => (book_key(OPERATOR_BOOK, id.as_str()), codec::encode(&*book)),
        Changed::Page(subject, day, page) => (page_key(&subject, day), codec::encode(&*page)),
    }
}

/// Reads all books, as they were at the last checkpoint.
pub(super) fn read(disk: &Disk) -> Result<Statistics, Error> {
    let mut statistics = Statistics::default();
    for kind in [CHANNEL_BOOK, OPERATOR_BOOK] {
        disk.scan(Table::Statistics, &[kind], Some(&[kind + 1]), &mut |key, value| {
            let id = std::str::from_utf8(&key[1..]).unwrap_or_default();
            if kind == CHANNEL_BOOK {
                let channel = ChannelId::new(id).map_err(|error| damaged(key, &error.to_string()))?;
                statistics.restore_channel(channel, decoded(key, value)?);
            } else {
                let operator = OperatorId::new(id).map_err(|error| damaged(key, &error.to_string()))?;
                statistics.restore_operator(operator, decoded(key, value)?);
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(statistics)
}

/// Reads every page of a day that is over, to see whether it can be read.
pub(super) fn check_page(key: &[u8], value: &[u8]) -> Result<(), Error> {
    match key.first() {
        Some(&(CHANNEL_PAGE | OPERATOR_PAGE)) => decoded::<Page>(key, value).map(|_| ()),
        _ => Ok(()),
    }
}

fn decoded<T: serde::de::DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<T, Error> {
    codec::decode(value).map_err(|error| damaged(key, &error.to_string()))
}

fn damaged(key: &[u8], reason: &str) -> Error {
    let place = format!("statistics {}", String::from_utf8_lossy(key).escape_debug());
    Error::Damaged { place, reason: reason.to_owned() }
}

fn book_key(kind: u8, id: &str) -> Vec<u8> {
    [&[kind], id.as_bytes()].concat()
}

/// The key of a page: those of one subject stand together, in the order of their days.
fn page_key(subject: &Subject, day: i64) -> Vec<u8> {
    let (kind, id) = match subject {
        Subject::Channel(channel) => (CHANNEL_PAGE, channel.as_str()),
        Subject::Operator(operator) => (OPERATOR_PAGE, operator.as_str()),
    };
    // The length keeps one subject's pages apart from another's; days before 1970 come first.
    let day = (day as u64) ^ (1 << 63);
    [&[kind][..], &(id.len() as u16).to_be_bytes(), id.as_bytes(), &day.to_be_bytes()].concat()
}

fn day_in(key: &[u8]) -> Result<i64, Error> {
    let day = key.last_chunk().ok_or_else(|| damaged(key, "it names no day"))?;
    Ok((u64::from_be_bytes(*day) ^ (1 << 63)) as i64)
}

/// What is asked for: `[since, until)`, as seen at `now`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From this moment on; from the beginning, if there is none.
    pub since: Option<Timestamp>,
    /// To before this moment; all that has happened, if there is none.
    pub until: Option<Timestamp>,
    /// The present.
    pub now: Timestamp,
}

impl Window {
    fn from(&self) -> Timestamp {
        self.since.unwrap_or_default()
    }

    /// Nothing is beyond the present; what happens at this very instant has happened.
    fn to(&self) -> Timestamp {
        let present = Timestamp::from_millis(self.now.as_millis() + 1);
        self.until.unwrap_or(present).min(present)
    }

    /// The part of a day that is in the window.
    fn on(&self, day: i64) -> Span {
        let begin = day * DAY_MS;
        let ms = |moment: i64| (moment - begin).clamp(0, DAY_MS) as u32;
        Span {
            from_ms: ms(self.from().as_millis()),
            to_ms: ms(self.to().as_millis()),
            now_ms: ms(self.now.as_millis()),
        }
    }
}

impl Reader {
    /// What was counted of a channel or an operator in a window.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn figures(&self, subject: &Subject, window: &Window, threshold_ms: u64) -> Result<Figures, Error> {
        let mut figures = Figures::default();
        let last = Timestamp::from_millis(window.to().as_millis().saturating_sub(1));
        let (from, to) = (day_of(window.from()).0, day_of(last).0);
        self.pages(subject, from, to, &mut |day, page| {
            if day >= from {
                figures += page.ledger.figures(window.on(day), threshold_ms);
            }
        })?;
        Ok(figures)
    }

    /// How much of its capacity an operator used in a window.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn usage(&self, operator: &OperatorId, window: &Window) -> Result<Usage, Error> {
        let (from, until) = (window.from(), window.until.unwrap_or(window.now).min(window.now));
        if until <= from {
            return Ok(Usage::default());
        }
        let mut meter = Meter::new(from, until, window.now);
        let subject = Subject::Operator(operator.clone());
        self.pages(&subject, day_of(from).0, day_of(until).0, &mut |day, page| meter.page(day, page))?;
        Ok(meter.finish())
    }

    /// How much of their capacity the members of a channel used in a window, each while it was one.
    ///
    /// # Errors
    /// If the disk cannot be read, or holds something else.
    pub fn usage_of_members(&self, channel: &ChannelId, window: &Window) -> Result<Usage, Error> {
        let members = self.statistics.lock().members(channel);
        let mut usage = Usage::default();
        for Membership { operator, from, until } in members {
            let since = Some(window.from().max(from));
            let until = [window.until, until].into_iter().flatten().min();
            usage += self.usage(&operator, &Window { since, until, now: window.now })?;
        }
        Ok(usage)
    }

    /// Every channel that was ever put.
    pub fn counted_channels(&self) -> Vec<ChannelId> {
        self.statistics.lock().channels()
    }

    /// Every operator that was ever put.
    pub fn counted_operators(&self) -> Vec<OperatorId> {
        self.statistics.lock().operators()
    }

    /// How long somebody at this position of a channel waits, as its last answers suggest.
    pub fn estimated_wait_ms(&self, channel: &ChannelId, position: u64, now: Timestamp) -> Option<u64> {
        self.statistics.lock().estimate_ms(channel, position, now)
    }

    /// Shows the pages of these days in order, and the last one before them.
    fn pages(
        &self,
        subject: &Subject,
        from: i64,
        to: i64,
        visit: &mut dyn FnMut(i64, &Page),
    ) -> Result<(), Error> {
        // What is not in memory at this moment is on the disk: pages are forgotten behind their writing.
        let recent = self.statistics.lock().pages(subject);
        let first = recent.first().map_or(i64::MAX, |(day, _)| *day);
        let old = first.min(to.saturating_add(1));
        let start = self.last_page_before(subject, from, first)?.unwrap_or(from);
        if start < old {
            let (begin, end) = (page_key(subject, start), page_key(subject, old));
            self.disk.scan_near(Table::Statistics, &begin, &end, &mut |key, value| {
                visit(day_in(key)?, &decoded(key, value)?);
                Ok(ControlFlow::Continue(()))
            })?;
        }
        recent.iter().filter(|(day, _)| *day <= to).for_each(|(day, page)| visit(*day, page));
        Ok(())
    }

    /// The last day before `from` of which there is a page, if it is before those in memory.
    fn last_page_before(&self, subject: &Subject, from: i64, first: i64) -> Result<Option<i64>, Error> {
        let last = from.min(first).saturating_sub(1);
        let found = self.disk.last_up_to(Table::Statistics, &page_key(subject, last))?;
        let prefix = page_key(subject, 0);
        let prefix = &prefix[..prefix.len() - 8];
        found.filter(|(key, _)| key.starts_with(prefix)).map(|(key, _)| day_in(&key)).transpose()
    }
}
