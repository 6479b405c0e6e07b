//! A host that follows the events under a name, is stopped half-way, and goes on at the next event
//! after a restart: no hole, no repetition.
//!
//! Run it with `cargo run --example subscribe_and_resume`.

use std::error::Error;

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::Receive;
use centrala::engine::Engine;
use centrala::ids::{ChannelId, ClientId, SubscriptionName};
use futures_util::StreamExt as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CLIENTS: u64 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = tempfile::tempdir()?;
    let billing = SubscriptionName::new("billing")?;
    let mut handled: Vec<u64> = Vec::new();

    let engine = Engine::open(data.path())?;
    // Asking for the name once makes the journal keep everything from here on.
    drop(engine.subscribe_as(&billing)?);
    let channel = ChannelId::new("shop")?;
    engine.put_channel(PutChannel::new(channel.clone())).await?;
    write(&engine, &channel, 0..CLIENTS).await?;
    let half = engine.durable_seq() / 2;
    handle_up_to(&engine, &billing, half, &mut handled).await?;
    println!("before the restart: events 1 to {half}");
    engine.close().await?;

    let engine = Engine::open(data.path())?;
    // More happens before the subscriber is back.
    write(&engine, &channel, CLIENTS..2 * CLIENTS).await?;
    let last = engine.durable_seq();
    handle_up_to(&engine, &billing, last, &mut handled).await?;
    println!("after the restart:  events {} to {last}", half + 1);
    engine.close().await?;
    let expected: Vec<u64> = (1..=last).collect();
    if handled != expected {
        return Err(format!("a hole or a repetition: {handled:?} instead of 1 to {last}").into());
    }
    println!("all {last} events once, in order");
    Ok(())
}

/// Handles the events after the last acknowledged one, up to event `last`.
async fn handle_up_to(
    engine: &Engine,
    name: &SubscriptionName,
    last: u64,
    handled: &mut Vec<u64>,
) -> Result<(), Box<dyn Error>> {
    let mut events = engine.subscribe_as(name)?;
    while let Some(event) = events.next().await {
        let event = event?;
        handled.push(event.seq);
        // Acknowledge what is done, not what was read: after a crash in between, the event comes
        // again. Who must not do it twice stores `event.seq` together with the work.
        engine.acknowledge(name, event.seq)?;
        if event.seq >= last {
            break;
        }
    }
    Ok(())
}

/// Each client writes one message; all are under way at once.
async fn write(
    engine: &Engine,
    channel: &ChannelId,
    clients: std::ops::Range<u64>,
) -> Result<(), Box<dyn Error>> {
    let mut under_way = Vec::new();
    for client in clients {
        let client = ClientId::new(format!("client-{client}"))?;
        under_way.push(engine.receive(Receive::new(channel.clone(), client, "Where is my parcel?")));
    }
    for receive in under_way {
        receive.await?;
    }
    Ok(())
}
