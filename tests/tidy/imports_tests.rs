//! The import checks on small samples.

use super::*;

fn seen(path: &str, text: &str) -> Vec<String> {
    paths(&Source::new(path, text)).into_iter().map(|path| path.segments.join("::")).collect()
}

fn direction(path: &str, text: &str) -> Vec<String> {
    against_direction(&Source::new(path, text))
}

fn names(path: &str, text: &str) -> Vec<String> {
    misplaced_names(&Source::new(path, text))
}

#[test]
fn groups_are_spread_out() {
    let text = "use crate::{ids::*, domain::{self, event::{A, B as C}}, error::Error,};";
    let wanted = [
        "crate::ids::*",
        "crate::domain::self",
        "crate::domain::event::A",
        "crate::domain::event::B",
        "crate::error::Error",
    ];
    assert_eq!(seen("src/engine/mod.rs", text), wanted);
}

#[test]
fn paths_in_types_and_calls_are_seen() {
    let text = "fn f(a: &mut Vec<crate::ids::A>) -> x::B { ::std::fs::read(a); <crate::c::D as E>::go(); g::<super::h::I>() }";
    let wanted = ["crate::ids::A", "x::B", "std::fs::read", "crate::c::D", "crate::h::I"];
    assert_eq!(seen("src/domain.rs", text), wanted);
}

#[test]
fn self_and_super_lead_to_their_module() {
    let text = "use super::a; mod tests { use super::b; use self::c; mod d { use super::super::super::e; } } use self::f;";
    let wanted = [
        "crate::domain::a",
        "crate::domain::dialog::b",
        "crate::domain::dialog::tests::c",
        "crate::domain::e",
        "crate::domain::dialog::f",
    ];
    assert_eq!(seen("src/domain/dialog/mod.rs", text), wanted);
    assert_eq!(seen("src/domain/dialog.rs", text), wanted);
}

#[test]
fn downward_imports_are_fine() {
    assert!(
        direction("src/engine/handle.rs", "use crate::{actors::A, domain, ids::B}; use super::C;").is_empty()
    );
    assert!(
        direction("src/ids.rs", "use crate::limits; pub(crate) fn f() {} pub(in crate::ids) fn g() {}")
            .is_empty()
    );
    assert!(direction("src/load/mod.rs", "use crate::engine::Engine; use crate::protocol::Line;").is_empty());
    assert!(direction("src/lib.rs", "pub use engine::Engine; use crate::cli::Arguments;").is_empty());
}

#[test]
fn upward_imports_are_named_with_their_line() {
    let found = direction(
        "src/domain/dialog/mod.rs",
        "//! Text.\nuse crate::{\n    ids::A,\n    storage::{self, B},\n};",
    );
    assert_eq!(found.len(), 2);
    assert!(
        found[0].starts_with("src/domain/dialog/mod.rs:4: domain may not use crate::storage"),
        "{}",
        found[0]
    );
}

#[test]
fn upward_paths_do_not_hide() {
    assert_eq!(direction("src/engine/mod.rs", "fn f() { crate::load::run() }").len(), 1);
    assert_eq!(direction("src/routing/mod.rs", "use super::storage::Journal;").len(), 1);
    assert_eq!(
        direction("src/routing/queue.rs", "mod tests { use super::super::super::engine::Engine; }").len(),
        1
    );
    assert_eq!(direction("src/limits.rs", "pub(in crate::domain) use crate::protocol as p;").len(), 2);
}

#[test]
fn talk_of_upper_layers_is_no_import() {
    let text = "//! See [`crate::engine`].\n/* crate::load */ const A: &str = \"crate::load::run\"; // crate::ffi::x";
    assert!(direction("src/domain/mod.rs", text).is_empty());
}

#[test]
fn what_has_no_layer_is_named() {
    assert!(direction("src/helpers.rs", "").concat().contains("has no layer"));
    assert!(
        direction("src/domain/mod.rs", "use crate::Engine;").concat().contains("crate::Engine is no module")
    );
}

#[test]
fn reserved_names_are_found() {
    assert_eq!(names("src/storage/journal.rs", "use rocksdb::DB;").len(), 1);
    assert_eq!(names("src/storage/rocks_like.rs", "use rocksdb::DB;").len(), 1);
    assert_eq!(names("src/load/mod.rs", "#[actix::main] async fn main() {}").len(), 1);
    assert_eq!(
        names("src/routing/queue.rs", "use std::{thread, collections::HashMap, time::Instant};").len(),
        2
    );
    assert_eq!(names("src/domain/mod.rs", "fn f(t: std::time::SystemTime) { std::fs::read(t) }").len(), 2);
    assert_eq!(names("src/actors/timers.rs", "let t = std::time::Instant::now();").len(), 1);
    assert_eq!(names("src/engine/mod.rs", "fn f() { println!(\"\"); todo!() }").len(), 2);
}

#[test]
fn reserved_names_are_welcome_at_home() {
    assert!(names("src/storage/rocks/mod.rs", "use rocksdb::DB;").is_empty());
    assert!(names("src/storage/rocks.rs", "use rocksdb::DB;").is_empty());
    assert!(names("src/engine/builder.rs", "use actix_rt::System; use std::thread;").is_empty());
    assert!(names("src/clock.rs", "fn f() -> SystemTime { SystemTime::now() }").is_empty());
    assert!(names("src/bin/centrala.rs", "fn main() { println!(\"\") }").is_empty());
    assert!(
        names("src/domain/mod.rs", "//! No actix::Actor here.\nlet instant = 1; let tokio = a.fs.io;")
            .is_empty()
    );
}
