//! How RocksDB is set up, and why.
//!
//! Frames are logged and images are not: the journal protects them. So a flush must take all
//! tables at one point of time (`atomic_flush`), or an image could be on the disk without the
//! frames that it contains.

use std::collections::BTreeSet;
use std::path::Path;

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode, LogLevel,
    MergeOperands, Options,
};

use super::Table;
use crate::storage::finding::union;

const MIB: usize = 1024 * 1024;

/// Bytes of blocks that are kept in memory.
pub(super) const CACHE_BYTES: usize = 64 * MIB;

/// Options of the whole database.
pub(super) fn database() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_atomic_flush(true);
    // A group of commands waits for nobody's images: only the log is written in turn, each batch is put into memory
    // beside the others. Whoever reads meanwhile may see a part of a batch, so nobody asks the disk for what is
    // just being written: the archive holds its images in memory until then, subscriptions wait for the commit.
    options.set_unordered_write(true);
    // A record cut short at the end of the log is a group that was never acknowledged. Anything
    // else that is wrong in the log would silently end it in the other modes: here it is an error.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_max_background_jobs(2);
    options.set_max_open_files(512);
    // RocksDB starts so many anew for each table that it makes, 16 unless told otherwise.
    options.set_max_file_opening_threads(2);
    options.set_max_total_wal_size(256 * MIB as u64);
    options.set_db_write_buffer_size(320 * MIB);
    options.set_bytes_per_sync(MIB as u64);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(MIB);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// Options for reading what can be read of a damaged one: of the log all records that are whole, and the
/// tables that are there. What is missing is then noticed where it is looked for.
pub(super) fn damaged_database() -> Options {
    let mut options = database();
    options.set_wal_recovery_mode(DBRecoveryMode::SkipAnyCorruptedRecord);
    options.set_paranoid_checks(false);
    options
}

/// The cache that all tables share.
pub(super) fn cache() -> Cache {
    Cache::new_lru_cache(CACHE_BYTES)
}

/// Every table that there is, and those that only a newer version knows: RocksDB wants all named.
pub(super) fn tables(path: &Path, cache: &Cache, compacted: bool) -> Vec<ColumnFamilyDescriptor> {
    let known = Table::ALL.map(|table| table.name().to_owned());
    let stored = DB::list_cf(&Options::default(), path).unwrap_or_default();
    described(stored.into_iter().chain(known), cache, compacted)
}

/// The tables that the directory has, for whoever may not make the others.
pub(super) fn stored_tables(
    path: &Path,
    cache: &Cache,
) -> Result<Vec<ColumnFamilyDescriptor>, rocksdb::Error> {
    DB::list_cf(&Options::default(), path).map(|stored| described(stored.into_iter(), cache, true))
}

/// One of our tables that the directory has not.
pub(super) fn missing_table(path: &Path) -> Option<Table> {
    let stored = DB::list_cf(&Options::default(), path).unwrap_or_default();
    Table::ALL.into_iter().find(|table| !stored.iter().any(|name| name == table.name()))
}

fn described(
    names: impl Iterator<Item = String>,
    cache: &Cache,
    compacted: bool,
) -> Vec<ColumnFamilyDescriptor> {
    let names: BTreeSet<String> = names.collect();
    let options = |name: &str| {
        let table = Table::ALL.into_iter().find(|table| table.name() == name);
        let mut options = table.map_or_else(|| small(cache), |table| options_of(table, cache));
        options.set_disable_auto_compactions(!compacted && table.is_some_and(|table| LARGE.contains(&table)));
        options
    };
    names.into_iter().map(|name| ColumnFamilyDescriptor::new(&name, options(&name))).collect()
}

/// Tables that grow with the dialogs. A busy engine that is killed leaves them to be compacted for seconds, on the
/// core on which the next one reads back what there is: so they begin to be when it has done that.
pub(super) const LARGE: [Table; 6] =
    [Table::Journal, Table::Dialogs, Table::Heads, Table::Clients, Table::ExternalIds, Table::Finding];

/// What lets a table be compacted by itself, as RocksDB calls it.
pub(super) const COMPACTED: [(&str, &str); 1] = [("disable_auto_compactions", "false")];

/// Bytes of a table in memory at which it is to be flushed, with all others.
pub(super) fn flushed_at(table: Table) -> usize {
    match table {
        Table::Journal | Table::Dialogs => 64 * MIB,
        Table::Clients | Table::ExternalIds | Table::Finding => 32 * MIB,
        _ => 16 * MIB,
    }
}

fn options_of(table: Table, cache: &Cache) -> Options {
    let mut options = kind_of(table, cache);
    // Where nobody flushes in time, RocksDB does.
    options.set_write_buffer_size(flushed_at(table) / 4 * 5);
    options
}

fn kind_of(table: Table, cache: &Cache) -> Options {
    match table {
        Table::Journal => journal(cache),
        Table::Dialogs => looked_up(cache),
        Table::Clients => {
            let mut options = index(cache);
            options.set_merge_operator_associative("centrala.larger", larger);
            options
        }
        Table::ExternalIds => index(cache),
        Table::Requests | Table::Closing => queue(cache),
        Table::Heads => heads(cache),
        Table::Finding => sets(cache),
        Table::Files => contents(cache),
        Table::Operators
        | Table::Channels
        | Table::Keys
        | Table::Meta
        | Table::Library
        | Table::FileNames
        | Table::Statistics => small(cache),
    }
}

/// Large values under rising keys, removed by whole files: never compressed, and rewritten only when
/// something is erased.
fn journal(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_block_size(64 * 1024);
    let mut options = unhurried();
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::None);
    // Files of rising keys only move down. Below the first level they can be removed whole.
    options.set_level_zero_file_num_compaction_trigger(2);
    options.set_ttl(0);
    options.set_periodic_compaction_seconds(0);
    options
}

/// Contents of files; most are compressed already. They are not kept apart in blob files: a content
/// that is erased would stay in there until all its neighbours have been copied.
fn contents(cache: &Cache) -> Options {
    let mut options = small(cache);
    options.set_compression_type(DBCompressionType::None);
    options
}

/// Many values looked up one by one, most often in vain.
fn looked_up(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_block_size(16 * 1024);
    blocks.set_bloom_filter(10.0, false);
    let mut options = unhurried();
    // Keys that come in no order are spread over all that is below, which is rewritten with each compaction. A file
    // more to look into costs little, because of its filter.
    options.set_level_zero_file_num_compaction_trigger(16);
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options
}

/// Indexes are asked about what is mostly not there: external ids, and clients until they are learned. So a miss must
/// be cheap even where it is not yet on the disk.
fn index(cache: &Cache) -> Options {
    let mut options = looked_up(cache);
    options.set_memtable_prefix_bloom_ratio(0.05);
    options.set_memtable_whole_key_filtering(true);
    options
}

/// Sets that grow by small parts, which are made one when they are flushed: to look for the parts of a
/// set with each new one would cost the archive more than it saves whoever reads.
fn sets(cache: &Cache) -> Options {
    let mut options = looked_up(cache);
    options.set_merge_operator_associative("centrala.union", united);
    options
}

fn small(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    let mut options = unhurried();
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options
}

/// Entries that come, are looked at in order, and go: files full of what is gone must not be walked
/// through again and again, so they are compacted by themselves.
fn queue(cache: &Cache) -> Options {
    let mut options = small(cache);
    options.add_compact_on_deletion_collector_factory(4096, 2048, 0.5);
    options
}

/// The same for entries that are never looked up, and all read at a start.
fn heads(cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_block_size(64 * 1024);
    let mut options = queue(cache);
    options.set_block_based_table_factory(&blocks);
    options
}

/// Checkpoints make a small file per table each time; writers must not wait for their compaction.
fn unhurried() -> Options {
    let mut options = Options::default();
    options.set_max_write_buffer_number(4);
    // To make fewer of four of them rewrites all that is below twice as often as of eight.
    options.set_level_zero_file_num_compaction_trigger(8);
    options.set_level_zero_slowdown_writes_trigger(40);
    options.set_level_zero_stop_writes_trigger(80);
    options
}

fn united(_key: &[u8], stored: Option<&[u8]>, values: &MergeOperands) -> Option<Vec<u8>> {
    Some(union(&stored.into_iter().chain(values).collect::<Vec<_>>()))
}

/// Big-endian numbers of one length compare as bytes.
fn larger(_key: &[u8], stored: Option<&[u8]>, values: &MergeOperands) -> Option<Vec<u8>> {
    stored.into_iter().chain(values).max().map(<[u8]>::to_vec)
}
