//! What messages hold: files as bytes, things of the library, and what comes back for a message of
//! a dialog that has ended.

use centrala::domain::dialog::command::{NewMention, WriteReply};
use centrala::domain::dialog::{FormAnswer, MentionTarget, PaymentStatus};
use centrala::domain::file::NewFile;
use centrala::domain::library::{PutApp, PutCannedReply, PutForm};
use centrala::engine::{Durability, Engine};
use centrala::error::Code;
use centrala::ids::{DialogId, MessageId};
use centrala::limits;
use serde_json::json;

use crate::house::{House, by, code, copy, dialog, id, message, state_hash};
use crate::time_limit::in_time;

fn answered(engine: &Engine, client: &str) -> DialogId {
    engine.receive(message(client, "hello")).wait().unwrap().dialog
}

fn open(house: &House) -> Engine {
    house.open_with(&["anna", "bea"], 1000, json!({"accept": "auto"}))
}

fn content(engine: &Engine, message: MessageId, index: u32) -> Vec<u8> {
    pollster::block_on(engine.get_file(message, index)).unwrap().bytes.to_vec()
}

fn files_in(house: &House) -> u64 {
    centrala::storage::verify(house.path(), &mut |_, _| {}).unwrap().files
}

#[test]
fn bytes_come_back_at_once_after_a_restart_and_when_the_plug_is_pulled() {
    in_time(|| {
        for durability in [Durability::Sync, Durability::Buffered, Durability::None] {
            let house = House::with(|settings| settings.durability = durability);
            let engine = open(&house);
            let dialog = answered(&engine, "ala");
            let large: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
            let file = |name| NewFile::upload(name, "text/plain", b"offer".to_vec());
            let mine = engine.receive(message("ala", "see").file(file("hers"))).wait().unwrap().message;
            let owner = crate::house::dialog(&engine, dialog)["owner"].as_str().unwrap().to_owned();
            let anna = by(&engine, &owner);
            let sent =
                anna.send_file(dialog, "two", "photo", "image/png", large.clone()).wait().unwrap().message;
            let both = WriteReply::new(dialog, "both").file(file("a")).file(file("b")).hidden(true);
            let twice = anna.send(both).wait().unwrap().message;
            assert_eq!(content(&engine, sent, 0), large);
            if durability == Durability::Sync {
                let other = House::new();
                copy(&house.path(), &other.path());
                let copied = other.open();
                assert_eq!(
                    (content(&copied, sent, 0), content(&copied, twice, 1)),
                    (large.clone(), b"offer".to_vec())
                );
                copied.close_blocking().unwrap();
            }
            anna.finish(dialog).wait().unwrap();
            drop(anna);
            engine.close_blocking().unwrap();
            assert_eq!(files_in(&house), 2, "the same content is stored once");
            let engine = house.open();
            assert_eq!((content(&engine, mine, 0), content(&engine, sent, 0)), (b"offer".to_vec(), large));
            engine.close_blocking().unwrap();
        }
    });
}

#[test]
fn what_is_refused_leaves_no_file_behind() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house);
        let dialog = answered(&engine, "ala");
        let anna = by(&engine, "anna");
        let too_large = vec![0; limits::FILE_BYTES + 1];
        let sending = |bytes| anna.send_file(dialog, "x", "x", "text/plain", bytes).wait();
        assert_eq!(code(sending(too_large)), Code::TooLarge);
        anna.finish(dialog).wait().unwrap();
        assert_eq!(code(sending(b"late".to_vec())), Code::DialogClosed);
        let duplicate = || {
            let file = NewFile::upload("x", "text/plain", b"once".to_vec());
            engine.receive(centrala::domain::dialog::command::Receive {
                external_id: Some(id("x1")),
                ..message("ala", "again").file(file)
            })
        };
        assert!(!duplicate().wait().unwrap().duplicate);
        assert!(duplicate().wait().unwrap().duplicate);
        drop(anna);
        engine.close_blocking().unwrap();
        assert_eq!(files_in(&house), 1);
    });
}

#[test]
fn the_largest_file_is_taken() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house);
        let dialog = answered(&engine, "ala");
        let anna = by(&engine, "anna");
        let bytes = vec![42; limits::FILE_BYTES];
        let sent = anna.send_file(dialog, "x", "x", "text/plain", bytes.clone()).wait().unwrap().message;
        assert!(content(&engine, sent, 0) == bytes);
    });
}

#[test]
fn the_library_is_part_of_the_fingerprint_and_comes_back() {
    in_time(|| {
        for arbiters in [0, 2] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = open(&house);
            let empty = state_hash(&engine);
            engine.put_canned_reply(PutCannedReply::new(id("hi"), "Hi {client.name}")).wait().unwrap();
            engine.put_form(PutForm::new(id("order"), "Order").field("mail", "Mail", true)).wait().unwrap();
            engine.put_app(PutApp::new(id("stock"), "Stock")).wait().unwrap();
            let before = state_hash(&engine);
            assert_ne!(before, empty);
            let other = House::new();
            copy(&house.path(), &other.path());
            let copied = other.open();
            assert_eq!(state_hash(&copied), before, "from the journal");
            copied.close_blocking().unwrap();
            engine.close_blocking().unwrap();
            let engine = house.open();
            assert_eq!(state_hash(&engine), before, "from images");
            let dialog = answered(&engine, "ala");
            let anna = by(&engine, "anna");
            anna.send_canned(dialog, id("hi")).wait().unwrap();
            anna.send_form(dialog, id("order")).wait().unwrap();
            anna.attach_app(dialog, id("stock")).wait().unwrap();
            assert_eq!(crate::house::texts(&engine, dialog)[1], "Hi ala");
            drop(anna);
            engine.close_blocking().unwrap();
            let verified = centrala::storage::verify(house.path(), &mut |_, _| {}).unwrap();
            assert_eq!(verified.library, 3);
        }
    });
}

#[test]
fn what_comes_back_after_the_end_of_a_dialog_is_kept() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house);
        engine.put_form(PutForm::new(id("order"), "Order").field("mail", "Mail", true)).wait().unwrap();
        let first = answered(&engine, "ala");
        let anna = by(&engine, "anna");
        let forms: Vec<MessageId> =
            (0..2).map(|_| anna.send_form(first, id("order")).wait().unwrap().message).collect();
        anna.finish(first).wait().unwrap();
        let second = answered(&engine, "ala");
        let fill = |engine: &Engine, form| {
            engine.submit_form(form, [("mail".to_owned(), FormAnswer::Text("a@b".into()))]).wait()
        };
        fill(&engine, forms[0]).unwrap();
        let before = state_hash(&engine);
        drop(anna);
        engine.close_blocking().unwrap();
        let engine = house.open();
        assert_eq!(state_hash(&engine), before);
        // Woken, changed and refused between checkpoints, a dialog is still written once.
        fill(&engine, forms[1]).unwrap();
        assert_eq!(code(fill(&engine, forms[0])), Code::Conflict);
        let other = House::new();
        copy(&house.path(), &other.path());
        let copied = other.open();
        assert_eq!(copied.receive(message("ala", "again")).wait().unwrap().dialog, second, "the open one");
        assert_eq!(dialog(&copied, first)["messages"][2]["answers"], json!({"mail": "a@b"}));
        copied.close_blocking().unwrap();
        engine.close_blocking().unwrap();
    });
}

#[test]
fn a_late_answer_does_not_hide_the_clients_last_dialog() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house);
        engine.put_form(PutForm::new(id("order"), "Order")).wait().unwrap();
        let anna = by(&engine, "anna");
        let first = answered(&engine, "ala");
        let form = anna.send_form(first, id("order")).wait().unwrap().message;
        anna.finish(first).wait().unwrap();
        let second = answered(&engine, "ala");
        by(&engine, dialog(&engine, second)["owner"].as_str().unwrap()).finish(second).wait().unwrap();
        drop(anna);
        engine.close_blocking().unwrap();
        let engine = house.open();
        engine.submit_form(form, []).wait().unwrap();
        let other = House::new();
        copy(&house.path(), &other.path());
        let copied = other.open();
        let found = pollster::block_on(copied.find_dialog(id("web"), id("ala"))).unwrap();
        assert_eq!(found.dialog, second);
        let third = answered(&copied, "ala");
        assert_eq!(dialog(&copied, third)["previous"], json!(second));
        copied.close_blocking().unwrap();
        engine.close_blocking().unwrap();
    });
}

#[test]
fn commands_keep_their_order_also_when_something_is_looked_up_first() {
    in_time(|| {
        for arbiters in [0, 3] {
            let house = House::with(|settings| settings.arbiters = arbiters);
            let engine = house.open_with(&["anna"], 1000, json!({"accept": "auto"}));
            engine.put_canned_reply(PutCannedReply::new(id("hi"), "canned")).wait().unwrap();
            let (first, second) = (answered(&engine, "ala"), answered(&engine, "ola"));
            let anna = by(&engine, "anna");
            let quoting = WriteReply::new(second, "quoting").hidden(true).quote(MessageId::of(first, 1));
            let told = NewMention { target: MentionTarget::Dialog(first), label: "it".into() };
            let under_way = [
                anna.send(quoting),
                anna.send_canned(second, id("hi")),
                anna.send(WriteReply::new(second, "see it").mention(told)),
                anna.reply(second, "last"),
            ];
            for execution in under_way {
                execution.wait().unwrap();
            }
            assert_eq!(crate::house::texts(&engine, second)[1..], ["quoting", "canned", "see it", "last"]);
            let payment = centrala::domain::dialog::command::SendPayment {
                dialog: second,
                amount: 5,
                currency: "EUR".into(),
                description: "box".into(),
                url: "pay:1".into(),
            };
            let payment = anna.send_payment(payment).wait().unwrap().message;
            engine.payment_status(payment, PaymentStatus::Paid).wait().unwrap();
            assert_eq!(code(engine.payment_status(payment, PaymentStatus::Paid).wait()), Code::Conflict);
            drop(anna);
            engine.close_blocking().unwrap();
        }
    });
}
