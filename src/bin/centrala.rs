//! The `centrala` binary: everything is in the library, but for what a whole process has only once.

use std::ffi::{c_int, c_long};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use libmimalloc_sys::mi_option_set_default;
use tracing_subscriber::EnvFilter;

/// Messages are allocated in one thread and freed in another, which this allocator does best.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Memory that is free goes back to the system when nobody has wanted it for so long, in milliseconds; by itself that is
/// 10, and under load the same pages come and go all the time. `MIMALLOC_PURGE_DELAY` says otherwise.
const PURGE_DELAY_MS: c_long = 100;

/// Its place among the options of mimalloc 2: `mi_option_purge_delay`.
const PURGE_DELAY: c_int = 15;

fn main() -> ExitCode {
    // SAFETY: it sets a number, and nobody else sets one; no other thread runs yet.
    unsafe { mi_option_set_default(PURGE_DELAY, PURGE_DELAY_MS) };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    centrala::cli::main(std::env::args_os())
}
