//! Memory of what is over is given back. Measured alone, in a process of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use centrala::engine::{Durability, Engine};
use serde_json::json;

use crate::house::{House, by, lifecycles, message};

/// Counts the bytes of Rust's heap; those of RocksDB have bounds of their own.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call is passed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

const ALONE: &str = "CENTRALA_TEST_ALONE";

#[test]
fn closed_dialogs_take_no_memory() {
    if std::env::var_os(ALONE).is_some() {
        return measure();
    }
    let name = "memory::closed_dialogs_take_no_memory";
    let alone = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "1")
        .status()
        .unwrap();
    assert!(alone.success(), "{alone}");
}

fn measure() {
    const DIALOGS: usize = 50_000;
    let house = House::with(|settings| settings.durability = Durability::None);
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    let heap = |engine: &Engine| {
        pollster::block_on(engine.settle()).unwrap();
        BYTES.load(Ordering::Relaxed)
    };
    // Fills what is kept on purpose: the newest events, for subscriptions.
    let long = "x".repeat(9000);
    for client in 0..4000 {
        let opened = engine.receive(message(format!("long {client}"), &long)).wait().unwrap();
        by(&engine, "anna").finish(opened.dialog).wait().unwrap();
    }
    lifecycles(&engine, "anna", (0..DIALOGS / 5).map(|client| format!("before {client}")));
    let before = heap(&engine);
    lifecycles(&engine, "anna", (0..DIALOGS).map(|client| format!("client {client}")));
    let after = heap(&engine);
    println!("{before} bytes of heap before {DIALOGS} dialogs, {after} after");
    let grown = after.saturating_sub(before);
    // One that stayed would take more than a thousand bytes.
    assert!(grown < DIALOGS * 200, "{grown} bytes more after {DIALOGS} dialogs more");
    engine.close_blocking().unwrap();
}
