//! The engine through its public API, on a real data directory: every executor, many threads, restarts,
//! overload, damage.
//!
//! Tests wait on state, never for a time. One binary, because each links RocksDB.

#[path = "engine/afterwards.rs"]
mod afterwards;
#[path = "engine/backup.rs"]
mod backup;
#[cfg(feature = "formats")]
#[path = "engine/calendars.rs"]
mod calendars;
#[path = "support/chance.rs"]
mod chance;
#[path = "engine/content.rs"]
mod content;
#[path = "engine/data_directory.rs"]
mod data_directory;
#[path = "engine/erasing.rs"]
mod erasing;
#[cfg(feature = "load")]
#[path = "engine/erlang.rs"]
mod erlang;
#[path = "engine/executors.rs"]
mod executors;
#[path = "engine/finding.rs"]
mod finding;
#[path = "engine/fingerprint.rs"]
mod fingerprint;
#[path = "engine/house.rs"]
mod house;
#[path = "engine/keys.rs"]
mod keys;
#[path = "engine/ledger.rs"]
mod ledger;
#[path = "engine/life.rs"]
mod life;
#[path = "engine/memory.rs"]
mod memory;
#[path = "engine/moves.rs"]
mod moves;
#[path = "engine/overload.rs"]
mod overload;
#[path = "engine/races.rs"]
mod races;
#[path = "engine/requests.rs"]
mod requests;
#[path = "engine/retention.rs"]
mod retention;
#[path = "support/secrets.rs"]
mod secrets;
#[path = "engine/sleeping.rs"]
mod sleeping;
#[path = "engine/statistics.rs"]
mod statistics;
#[path = "engine/subscriptions.rs"]
mod subscriptions;
#[path = "engine/time.rs"]
mod time;
#[path = "support/time_limit.rs"]
mod time_limit;
#[path = "engine/transients.rs"]
mod transients;
#[path = "engine/workers.rs"]
mod workers;
