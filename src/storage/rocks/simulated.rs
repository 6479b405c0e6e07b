//! A disk in memory that behaves as RocksDB promises to, at its worst: for tests only.
//!
//! ```text
//!              write ──► log (not: safety `Memory`) ──► what reads see
//!  durable:     as of the last flush  +  the log up to the last sync
//!  a kill:      as of the last flush  +  the whole log
//!  a power cut: as of the last flush  +  the log up to anywhere behind the last sync
//! ```
//!
//! - Batches are kept whole and in order: a torn one is dropped, as is everything behind it.
//! - What was written without the log is gone unless it was flushed. A flush takes all tables as of one
//!   moment; one that RocksDB begins by itself is durable only when it ends.
//! - A write that fails is not seen any more, but may be there after the next start.
//! - Whole files can be removed; which entries share a file is left to chance.
//! - A disk can be made to lie, so that it can be seen that lies are noticed.
//!
//! All chance comes from the seed of the disk.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, Safety, Table, Visit};
use crate::error::Error;
use crate::storage::finding::union;

type Entries = BTreeMap<Arc<[u8]>, Arc<[u8]>>;

/// All tables. A copy costs nothing until one of both is changed.
type Tables = [Arc<Entries>; Table::ALL.len()];

/// One change of a batch.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    table: Table,
    key: Arc<[u8]>,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Put(Arc<[u8]>),
    Raise(Arc<[u8]>),
    Unite(Arc<[u8]>),
    Delete,
}

impl Edit {
    pub fn put(table: Table, key: &[u8], value: &[u8]) -> Self {
        Self { table, key: key.into(), what: What::Put(value.into()) }
    }

    pub fn raise(table: Table, key: &[u8], value: &[u8]) -> Self {
        Self { table, key: key.into(), what: What::Raise(value.into()) }
    }

    pub fn unite(table: Table, key: &[u8], set: &[u8]) -> Self {
        Self { table, key: key.into(), what: What::Unite(set.into()) }
    }

    pub fn delete(table: Table, key: &[u8]) -> Self {
        Self { table, key: key.into(), what: What::Delete }
    }

    fn apply(&self, tables: &mut Tables) {
        let entries = Arc::make_mut(&mut tables[self.table as usize]);
        let stored = entries.get(&self.key);
        let value = match &self.what {
            What::Put(value) => Arc::clone(value),
            What::Raise(value) => {
                stored.into_iter().chain([value]).max().map_or_else(|| value.clone(), Arc::clone)
            }
            What::Unite(set) => {
                let sets: Vec<&[u8]> = stored.into_iter().chain([set]).map(|set| &**set).collect();
                union(&sets).into()
            }
            What::Delete => {
                entries.remove(&self.key);
                return;
            }
        };
        entries.insert(Arc::clone(&self.key), value);
    }
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// It is killed; the operating system keeps what it was given.
    Kill,
    /// The machine goes down with it.
    PowerCut,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The disk is broken.
    Io,
    /// The disk is full.
    NoSpace,
}

impl Fault {
    fn text(self) -> String {
        match self {
            Self::Io => "IO error: Input/output error".to_owned(),
            Self::NoSpace => "IO error: No space left on device".to_owned(),
        }
    }
}

/// What a disk does in secret instead of what it was told, so that it can be seen that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    /// A sync makes nothing durable.
    SyncsNothing,
    /// A flush makes nothing durable, and takes nothing out of the log.
    FlushesNothing,
    /// A flush takes the journal with it only as far as it was synced.
    FlushesTablesApart,
    /// Every so many frames of the journal one is not written.
    DropsFrames(u64),
    /// Idempotency keys are not written.
    DropsKeys,
    /// The positions of subscriptions are not written.
    DropsPositions,
}

/// What a simulated disk can be asked afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wear {
    /// Writes, flushes and removals that were asked for.
    pub operations: u64,
    /// Batches that were lost in crashes.
    pub batches_lost: u64,
    /// Flushes that became durable.
    pub flushes: u64,
}

/// A simulated disk. Clones are the same disk.
#[derive(Debug, Clone)]
pub(crate) struct SimulatedDisk(Arc<Mutex<State>>);

#[derive(Debug, Clone)]
struct State {
    chance: u64,
    /// What reads see.
    visible: Tables,
    /// What files of tables hold: everything as of the last flush.
    flushed: Tables,
    /// The write-ahead log since then.
    log: Vec<Vec<Edit>>,
    /// How many batches of the log are synced.
    synced: usize,
    /// Batches at the end of the log that failed, and so are not seen.
    failed: usize,
    /// A flush that began by itself: what it will hold, and how many batches of the log that covers.
    flushing: Option<(Tables, usize)>,
    /// Survives every crash, as what was flushed before it does.
    mark: Option<u64>,
    /// How many more operations succeed, and how the next one fails.
    fault: Option<(u64, Fault)>,
    lie: Option<Lie>,
    frames: u64,
    wear: Wear,
}

impl SimulatedDisk {
    /// An empty one.
    pub fn new(seed: u64) -> Self {
        let empty: Tables = std::array::from_fn(|_| Arc::default());
        Self(Arc::new(Mutex::new(State {
            chance: seed,
            visible: empty.clone(),
            flushed: empty,
            log: Vec::new(),
            synced: 0,
            failed: 0,
            flushing: None,
            mark: None,
            fault: None,
            lie: None,
            frames: 0,
            wear: Wear::default(),
        })))
    }

    /// Another disk with the same on it.
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.state().clone())))
    }

    /// From now on it lies.
    pub fn lie(&self, lie: Lie) {
        self.state().lie = Some(lie);
    }

    /// Lets so many more operations succeed; the one behind them fails.
    pub fn fail_after(&self, operations: u64, fault: Fault) {
        self.state().fault = Some((operations, fault));
    }

    /// What it went through.
    pub fn wear(&self) -> Wear {
        self.state().wear
    }

    /// Begins a flush as RocksDB does when its memory is full.
    pub fn begin_flush(&self) {
        let state = &mut *self.state();
        state.flushing = Some((state.visible.clone(), state.log.len() - state.failed));
    }

    /// Ends that flush, if one is under way.
    pub fn end_flush(&self) {
        let state = &mut *self.state();
        if let Some((tables, covered)) = state.flushing.take() {
            state.flush(tables, covered);
        }
    }

    /// Leaves what a process finds that starts after the crash.
    pub fn crash(&self, how: Crash) {
        let state = &mut *self.state();
        let whole = state.log.len() - state.failed;
        let least = match how {
            Crash::Kill => whole,
            Crash::PowerCut => state.synced,
        };
        let kept = least + state.below(state.log.len() - least + 1);
        state.wear.batches_lost += (whole.saturating_sub(kept)) as u64;
        let mut tables = state.flushed.clone();
        let log = std::mem::take(&mut state.log);
        log[..kept].iter().flatten().for_each(|edit| edit.apply(&mut tables));
        // What is read from the log at the start goes into files of tables.
        (state.visible, state.flushed) = (tables.clone(), tables);
        (state.synced, state.failed, state.flushing, state.fault) = (0, 0, None, None);
    }

    pub(super) fn write(&self, mut edits: Vec<Edit>, safety: Safety) -> Result<(), String> {
        let state = &mut *self.state();
        if let Some(reason) = state.strike() {
            if safety != Safety::Memory {
                state.log.push(edits);
                state.failed += 1;
            }
            return Err(reason);
        }
        edits.retain(|edit| !state.drops(edit));
        edits.iter().for_each(|edit| edit.apply(&mut state.visible));
        if safety != Safety::Memory {
            state.log.push(edits);
        }
        if safety == Safety::Synced && state.lie != Some(Lie::SyncsNothing) {
            state.synced = state.log.len();
        }
        Ok(())
    }

    pub(super) fn flush(&self) -> Result<(), String> {
        let state = &mut *self.state();
        if let Some(reason) = state.strike() {
            return Err(reason);
        }
        let (tables, covered) = (state.visible.clone(), state.log.len());
        state.flush(tables, covered);
        Ok(())
    }

    pub(super) fn put_mark(&self, seq: u64) -> Result<(), String> {
        let state = &mut *self.state();
        if let Some(reason) = state.strike() {
            return Err(reason);
        }
        state.mark = Some(seq);
        Ok(())
    }

    pub(super) fn mark(&self) -> Option<u64> {
        self.state().mark
    }

    pub(super) fn drop_files_up_to(&self, table: Table, to: &[u8]) -> Result<(), String> {
        let state = &mut *self.state();
        if let Some(reason) = state.strike() {
            return Err(reason);
        }
        let keys = (Bound::Unbounded, Bound::Included(to));
        let filed: Vec<_> = state.flushed[table as usize].range::<[u8], _>(keys).map(own).collect();
        let (mut left_in_file, mut goes) = (0, false);
        for (key, value) in filed {
            if left_in_file == 0 {
                (left_in_file, goes) = (1 + state.below(4), state.below(4) > 0);
            }
            left_in_file -= 1;
            if goes {
                state.remove_from_files(table, &key, &value);
            }
        }
        Ok(())
    }

    pub(super) fn get(&self, table: Table, key: &[u8]) -> Option<Vec<u8>> {
        self.table(table).get(key).map(|value| value.to_vec())
    }

    pub(super) fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let end = to.map_or(Bound::Unbounded, Bound::Excluded);
        for (key, value) in self.table(table).range::<[u8], _>((Bound::Included(from), end)) {
            if visit(key, value)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn last_up_to(&self, table: Table, key: &[u8]) -> Option<Entry> {
        let entries = self.table(table);
        let last = entries.range::<[u8], _>((Bound::Unbounded, Bound::Included(key))).next_back();
        last.map(|(key, value)| (key.to_vec(), value.to_vec()))
    }

    /// A table as it is now: who looks at it does not see what is written meanwhile.
    fn table(&self, table: Table) -> Arc<Entries> {
        Arc::clone(&self.state().visible[table as usize])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts an operation. Why it fails, if it does.
    fn strike(&mut self) -> Option<String> {
        self.wear.operations += 1;
        match &mut self.fault {
            Some((0, fault)) => Some(fault.text()),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        }
    }

    fn drops(&mut self, edit: &Edit) -> bool {
        match self.lie {
            Some(Lie::DropsFrames(every)) if matches!(edit.table, Table::Journal) => {
                self.frames += 1;
                self.frames.is_multiple_of(every)
            }
            Some(Lie::DropsKeys) => matches!(edit.table, Table::Keys),
            Some(Lie::DropsPositions) => {
                matches!(edit.table, Table::Meta) && edit.key.starts_with(b"subscription/")
            }
            _ => false,
        }
    }

    /// What is in `tables` is durable, and the first `covered` batches of the log are not needed any more.
    fn flush(&mut self, tables: Tables, covered: usize) {
        self.wear.flushes += 1;
        match self.lie {
            Some(Lie::FlushesNothing) => return,
            Some(Lie::FlushesTablesApart) => {
                let journal = Arc::clone(&self.flushed[Table::Journal as usize]);
                self.flushed = tables;
                self.flushed[Table::Journal as usize] = journal;
                return;
            }
            _ => {}
        }
        self.flushed = tables;
        self.log.drain(..covered);
        self.synced = self.synced.saturating_sub(covered);
        self.flushing = None;
    }

    /// Removes an entry with the file in which it lies. What was written over it since stays.
    fn remove_from_files(&mut self, table: Table, key: &[u8], value: &Arc<[u8]>) {
        let under_way = self.flushing.as_mut().map(|(tables, _)| tables);
        for tables in [&mut self.flushed, &mut self.visible].into_iter().chain(under_way) {
            if tables[table as usize].get(key) == Some(value) {
                Arc::make_mut(&mut tables[table as usize]).remove(key);
            }
        }
    }

    /// A number below `limit`, by SplitMix64.
    fn below(&mut self, limit: usize) -> usize {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.chance;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

fn own((key, value): (&Arc<[u8]>, &Arc<[u8]>)) -> (Arc<[u8]>, Arc<[u8]>) {
    (Arc::clone(key), Arc::clone(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(disk: &SimulatedDisk, key: &str, safety: Safety) {
        disk.write(vec![Edit::put(Table::Meta, key.as_bytes(), b"")], safety).unwrap();
    }

    fn keys(disk: &SimulatedDisk) -> String {
        disk.table(Table::Meta).keys().map(|key| String::from_utf8_lossy(key).into_owned()).collect()
    }

    /// What is found after a crash, over many ends of the log.
    fn after(how: Crash, prepare: impl Fn(&SimulatedDisk)) -> Vec<String> {
        let mut found: Vec<String> = (0..100)
            .map(|seed| {
                let disk = SimulatedDisk::new(seed);
                prepare(&disk);
                disk.crash(how);
                keys(&disk)
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn a_power_cut_keeps_what_is_synced_and_some_of_what_follows_in_order() {
        let prepare = |disk: &SimulatedDisk| {
            write(disk, "a", Safety::Logged);
            write(disk, "b", Safety::Synced);
            write(disk, "c", Safety::Logged);
            write(disk, "d", Safety::Memory);
            write(disk, "e", Safety::Logged);
        };
        assert_eq!(after(Crash::PowerCut, prepare), ["ab", "abc", "abce"]);
        assert_eq!(after(Crash::Kill, prepare), ["abce"]);
    }

    #[test]
    fn a_flush_keeps_everything_and_one_under_way_nothing() {
        let prepare = |disk: &SimulatedDisk| {
            write(disk, "a", Safety::Memory);
            disk.flush().unwrap();
            write(disk, "b", Safety::Memory);
            disk.begin_flush();
            write(disk, "c", Safety::Memory);
        };
        assert_eq!(after(Crash::Kill, prepare), ["a"]);
        let ended = |disk: &SimulatedDisk| {
            prepare(disk);
            disk.end_flush();
        };
        assert_eq!(after(Crash::PowerCut, ended), ["ab"]);
    }

    #[test]
    fn what_failed_is_not_seen_and_may_be_there_after_the_next_start() {
        let prepare = |disk: &SimulatedDisk| {
            disk.fail_after(1, Fault::NoSpace);
            write(disk, "a", Safety::Synced);
            let failed = disk.write(vec![Edit::put(Table::Meta, b"b", b"")], Safety::Synced);
            assert!(failed.is_err_and(|reason| reason.contains("No space")));
            assert_eq!(keys(disk), "a");
        };
        assert_eq!(after(Crash::Kill, prepare), ["a", "ab"]);
    }

    #[test]
    fn files_go_whole_and_only_with_what_was_flushed() {
        let disk = SimulatedDisk::new(3);
        (b'a'..b'q').for_each(|key| write(&disk, &char::from(key).to_string(), Safety::Logged));
        disk.flush().unwrap();
        (b'q'..b't').for_each(|key| write(&disk, &char::from(key).to_string(), Safety::Logged));
        disk.drop_files_up_to(Table::Meta, b"s").unwrap();
        let left = keys(&disk);
        assert!(left.ends_with("qrs") && left.len() < 19, "{left}");
        disk.crash(Crash::Kill);
        assert_eq!(keys(&disk), left);
    }
}
