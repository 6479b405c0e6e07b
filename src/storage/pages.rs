//! The entries of a table one after the other, read page by page so that few are in memory. What cannot be
//! read can be passed over. What entries mean is not known here.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::rocks::{Disk, Entry, Table};
use crate::error::Error;

/// Bytes of entries that are read at once; one entry may be larger.
const PAGE_BYTES: usize = 1024 * 1024;

/// A place in a table, with some of the entries behind it.
pub(super) struct Pages<'a> {
    disk: &'a Disk,
    table: Table,
    from: Vec<u8>,
    to: Option<Vec<u8>>,
    entries: VecDeque<Entry>,
    /// Met behind these entries.
    failure: Option<Error>,
    ended: bool,
}

impl<'a> Pages<'a> {
    /// The entries from `from` to before `to`.
    pub fn new(disk: &'a Disk, table: Table, from: &[u8], to: Option<&[u8]>) -> Self {
        let (from, to) = (from.to_vec(), to.map(<[u8]>::to_vec));
        Self { disk, table, from, to, entries: VecDeque::new(), failure: None, ended: false }
    }

    /// The next entry. After an error nothing follows, unless it is passed over.
    pub fn next(&mut self) -> Result<Option<Entry>, Error> {
        self.fill()?;
        Ok(self.entries.pop_front())
    }

    /// The key of the next entry. Errors as those of [`next`](Self::next).
    pub fn peek(&mut self) -> Result<Option<&[u8]>, Error> {
        self.fill()?;
        Ok(self.entries.front().map(|(key, _)| key.as_slice()))
    }

    /// After an error: goes on with the first entries that can be read behind those under the number
    /// `after`, where `key` is the least key of a number.
    pub fn pass_over(&mut self, after: u64, key: impl Fn(u64) -> Vec<u8>) {
        let readable = |number: u64| {
            let mut stop = |_: &[u8], _: &[u8]| Ok(ControlFlow::Break(()));
            self.disk.scan(self.table, &key(number), self.to.as_deref(), &mut stop).is_ok()
        };
        let (mut low, mut step) = (after, 1_u64);
        let mut high = loop {
            let Some(high) = low.checked_add(step) else { return };
            if readable(high) {
                break high;
            }
            (low, step) = (high, step.saturating_mul(2));
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if readable(middle) { high = middle } else { low = middle }
        }
        self.from = key(high);
        self.ended = false;
    }

    fn fill(&mut self) -> Result<(), Error> {
        if !self.entries.is_empty() {
            return Ok(());
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if self.ended {
            return Ok(());
        }
        let (mut bytes, entries) = (0, &mut self.entries);
        let read = self.disk.scan(self.table, &self.from, self.to.as_deref(), &mut |key, value| {
            bytes += key.len() + value.len();
            entries.push_back((key.to_vec(), value.to_vec()));
            Ok(if bytes < PAGE_BYTES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        self.ended = read.is_err() || bytes < PAGE_BYTES;
        if let Some((key, _)) = self.entries.back() {
            self.from.clone_from(key);
            // The least key behind it.
            self.from.push(0);
        }
        match read {
            Err(error) if self.entries.is_empty() => Err(error),
            read => {
                self.failure = read.err();
                Ok(())
            }
        }
    }
}
