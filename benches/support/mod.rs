//! What the benches share: the allocator, sizes, names, an engine in a directory of its own.
//! Nothing is measured here.

#![allow(dead_code, reason = "each bench uses its own part")]

pub mod routing;

use centrala::domain::channel::{Accept, ChannelSettings, Member, PutChannel, Queue, QueueMode};
use centrala::domain::operator::{OperatorSettings, Presence, PutOperator};
use centrala::engine::{Durability, Engine, Settings};
use centrala::ids::{ChannelId, ClientId, OperatorId};
use tempfile::TempDir;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Whether each bench is only to be seen to work: criterion's `--test`, or `cargo test --benches`.
pub fn is_small() -> bool {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    std::env::var_os("CENTRALA_BENCH_SMALL").is_some() || has("--test") || !has("--bench")
}

/// All of the sizes, or the first alone when running small.
pub fn sizes(all: &[usize]) -> &[usize] {
    if is_small() { &all[..1] } else { all }
}

/// `full`, or `small` when running small.
pub fn size(full: usize, small: usize) -> usize {
    if is_small() { small } else { full }
}

pub fn operator(number: usize) -> OperatorId {
    OperatorId::new(format!("operator-{number}")).expect("a short text is an id")
}

pub fn channel(number: usize) -> ChannelId {
    ChannelId::new(format!("channel-{number}")).expect("a short text is an id")
}

pub fn client(number: usize) -> ClientId {
    ClientId::new(format!("client-{number}")).expect("a short text is an id")
}

/// A channel with these operators in its queue. A dialog weighs 1.
pub fn channel_settings(mode: QueueMode, accept: Accept, members: std::ops::Range<usize>) -> ChannelSettings {
    let members =
        members.zip(1..).map(|(number, rank)| Member { operator: operator(number), rank }).collect();
    ChannelSettings {
        queue: Queue { mode, accept, members, ..Queue::default() },
        weight: 1,
        ..Default::default()
    }
}

/// A directory that is removed at the end, where the operating system puts such things (`$TMPDIR`).
pub fn directory() -> TempDir {
    tempfile::tempdir().expect("there is room for a directory")
}

/// An engine that makes no checkpoint by itself, unless the bench runs for very long.
pub fn open(directory: &TempDir, durability: Durability) -> Engine {
    let mut settings = Settings::default().durability(durability);
    settings.checkpoint_bytes = 4 * 1024 * 1024 * 1024;
    Engine::builder(directory.path()).settings(settings).open().expect("the engine opens")
}

/// Channels of one operator each, who is there and has room for everything; so a bench knows who is
/// offered what without asking.
pub fn set_up_pairs(engine: &Engine, pairs: usize, accept: Accept) {
    for number in 0..pairs {
        let settings = OperatorSettings { capacity: 1_000_000_000, ..OperatorSettings::default() };
        let (put, there) = (
            engine.put_operator(PutOperator { operator: operator(number), settings }),
            engine.set_presence(operator(number), Presence::Online),
        );
        put.wait().expect("the operator is put");
        there.wait().expect("the operator is there");
        let settings = channel_settings(QueueMode::Evenly, accept, number..number + 1);
        let put = engine.put_channel(PutChannel { channel: channel(number), settings });
        put.wait().expect("the channel is put");
    }
}
