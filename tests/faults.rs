//! Breaks the disk under the engine in every way that can be thought of: nothing that was acknowledged
//! may be lost, nothing may be doubled, and whoever asks is told what is wrong.
//!
//! `docs/faults.md` says what is tried, and with which size.
#![cfg(all(feature = "cli", target_os = "linux"))]

#[path = "support/chance.rs"]
mod chance;
#[path = "crash/client.rs"]
mod client;
#[path = "faults/damage.rs"]
mod damage;
#[path = "faults/files.rs"]
mod files;
#[path = "faults/injection.rs"]
mod injection;
#[path = "crash/load.rs"]
mod load;
#[allow(dead_code, reason = "whoever backs up looks at less")]
#[path = "crash/oracle.rs"]
mod oracle;
#[allow(dead_code, reason = "whoever kills asks for more")]
#[path = "crash/process.rs"]
mod process;
#[path = "faults/room.rs"]
mod room;
#[path = "faults/strace.rs"]
mod strace;
#[path = "support/time_limit.rs"]
mod time_limit;
#[path = "faults/world.rs"]
mod world;
