//! The whole story in twenty lines: a client writes, Anna is offered the dialog, answers, replies and
//! finishes; then it is read back.
//!
//! Run it with `cargo run --example quickstart`.

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::Receive;
use centrala::domain::operator::{Presence, PutOperator};
use centrala::engine::Engine;
use centrala::ids::{ChannelId, ClientId, OperatorId};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = tempfile::tempdir()?;
    let engine = Engine::open(data.path())?;

    // Set up once: an operator, and a channel with that operator in its queue.
    let (support, anna) = (ChannelId::new("support")?, OperatorId::new("anna")?);
    engine.put_operator(PutOperator::new(anna.clone())).await?;
    engine.put_channel(PutChannel::new(support.clone()).members([anna.clone()])).await?;
    engine.set_presence(anna.clone(), Presence::Online).await?;

    // A client writes. When the reply is here, the message is on disk and Anna has the offer.
    let dialog = engine.receive(Receive::new(support, ClientId::new("client-7")?, "Hello!")).await?.dialog;

    // Anna looks at what waits for her, which accepts nothing yet, and then works on it.
    let anna = engine.as_operator(anna);
    println!("{} is offered {} dialog", anna.id(), anna.unanswered().await?.len());
    anna.answer(dialog).await?;
    anna.reply(dialog, "Good morning, how can I help?").await?;
    anna.finish(dialog).await?;

    // What was acknowledged can be read back, now and after every restart.
    engine.close().await?;
    let engine = Engine::open(data.path())?;
    let dialog = engine.get_dialog(dialog).await?;
    println!("{}", serde_json::to_string_pretty(&dialog)?);
    assert!(dialog.is_closed());
    engine.close().await?;
    Ok(())
}
