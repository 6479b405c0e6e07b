//! Commands are done in the order in which they were called, also when nobody waits for one before
//! calling the next.

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::Receive;
use centrala::domain::operator::{OperatorKind, Presence, PutOperator};
use centrala::engine::{Durability, Engine, Settings};
use centrala::error::Code;
use centrala::ids::{ChannelId, ClientId, OperatorId};

fn open(directory: &tempfile::TempDir, arbiters: usize) -> Engine {
    let mut settings = Settings::default().durability(Durability::None);
    settings.arbiters = arbiters;
    Engine::builder(directory.path()).settings(settings).open().unwrap()
}

#[test]
fn what_was_put_is_found_by_the_next_command() {
    for arbiters in [0, 2] {
        let directory = tempfile::tempdir().unwrap();
        let engine = open(&directory, arbiters);
        let (web, client) = (ChannelId::new("web").unwrap(), ClientId::new("client").unwrap());
        for number in 0..50 {
            let operator = OperatorId::new(format!("operator-{number}")).unwrap();
            let put = engine.put_operator(PutOperator::new(operator.clone()));
            let there = engine.set_presence(operator.clone(), Presence::Online);
            let channel = engine.put_channel(PutChannel::new(web.clone()).members([operator.clone()]));
            let received = engine.receive(Receive::new(web.clone(), client.clone(), "hello"));
            let removed = engine.remove_operator(operator.clone());
            let late = engine.set_presence(operator, Presence::Away);
            for done in [put, there, channel, removed] {
                done.wait().unwrap();
            }
            assert_eq!(received.wait().unwrap().opened, number == 0);
            assert_eq!(late.wait().unwrap_err().code(), Code::OperatorNotFound);
        }
        engine.close_blocking().unwrap();
    }
}

#[test]
fn a_refused_command_holds_nothing_up() {
    let directory = tempfile::tempdir().unwrap();
    let engine = open(&directory, 0);
    let bot = OperatorId::new("bot").unwrap();
    let mut put = PutOperator::new(bot.clone());
    put.settings.kind = OperatorKind::Bot;
    let put = engine.put_operator(put);
    let refused = engine.set_presence(bot.clone(), Presence::Online);
    let shown = engine.get_operator(bot);
    put.wait().unwrap();
    assert_eq!(refused.wait().unwrap_err().code(), Code::InvalidArgument);
    pollster::block_on(shown).unwrap();
    engine.close_blocking().unwrap();
}
