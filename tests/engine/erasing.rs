//! A client is erased: no byte of what was written with them is in a file of the data directory when the
//! reply comes, nor later, and everything else is as it was.
//!
//! Every file is searched as it lies there, also while the engine runs. The strings that are looked for
//! do not compress, so that blocks hold them as they are; that the search finds them is seen before.

use std::collections::BTreeSet;

use centrala::domain::channel::PutChannel;
use centrala::domain::dialog::command::{
    ClientEdit, CompleteRequest, EraseClient, Receive, SaveToCrm, ScoreDialog, WriteReply,
};
use centrala::domain::dialog::{Contact, FormAnswer};
use centrala::domain::file::NewFile;
use centrala::domain::library::PutForm;
use centrala::domain::operator::{PutOperator, Role};
use centrala::domain::request::Request;
use centrala::engine::Engine;
use centrala::error::Code;
use centrala::ids::{DialogId, MessageId};
use centrala::storage;
use serde_json::json;

use crate::house::{
    House, by, channel_to_put, code, dialog, from_json, id, lifecycles, message, message_named, requests,
    state_hash,
};
use crate::secrets::Secrets;
use crate::time_limit::in_time;

fn nothing() -> BTreeSet<&'static str> {
    BTreeSet::new()
}

/// A house with few bytes between checkpoints.
fn house() -> House {
    House::with(|settings| settings.checkpoint_bytes = 64 * 1024)
}

fn open(house: &House) -> Engine {
    let engine = house.open_with(&["anna"], 1_000_000, json!({"accept": "auto"}));
    let mut web: PutChannel = channel_to_put("web", &["anna"], json!({"accept": "auto"}));
    web.settings.rating = true;
    engine.put_channel(web).wait().unwrap();
    let mut sue = PutOperator::new(id("sue"));
    sue.settings.role = Role::Supervisor;
    engine.put_operator(sue).wait().unwrap();
    engine.put_form(PutForm::new(id("address"), "Address").field("street", "Street", false)).wait().unwrap();
    engine
}

/// Others write so much that a few checkpoints pass.
fn noise(engine: &Engine, name: &str) {
    lifecycles(engine, "anna", (0..150).map(|client| format!("{name} {client}")));
}

/// Everything that can be written in the first dialog of `client`, each with a secret of its own.
fn write_all(engine: &Engine, client: &str, secrets: &mut Secrets) -> DialogId {
    let hello = message_named(client, secrets.make("text of the client"), "x1");
    let hello = Receive { name: Some(secrets.make("name")), ..hello };
    let small = NewFile::upload(secrets.make("file name"), "text/plain", secrets.content("small file", 300));
    let received = engine.receive(hello.file(small)).wait().unwrap();
    let (dialog, first) = (received.dialog, received.message);
    let owner = dialog_owner(engine, dialog);
    let anna = by(engine, &owner);
    let edited = ClientEdit {
        channel: id("web"),
        client: id(client),
        external_id: id("x1"),
        text: secrets.make("edited text"),
    };
    engine.client_edit(edited).wait().unwrap();
    anna.reply(dialog, secrets.make("text of an operator")).wait().unwrap();
    anna.reply_hidden(dialog, secrets.make("hidden text")).wait().unwrap();
    let large = NewFile::upload("photo", "image/png", secrets.content("large file", 300_000));
    let twice = anna.send(WriteReply::new(dialog, "see").file(large)).wait().unwrap().message;
    anna.edit(twice, secrets.make("text of an edit")).wait().unwrap();
    anna.delete(twice).wait().unwrap();
    let form = anna.send_form(dialog, id("address")).wait().unwrap().message;
    let answer = FormAnswer::Text(secrets.make("answer of a form"));
    engine.submit_form(form, [("street".to_owned(), answer)]).wait().unwrap();
    anna.create_task(from_json(json!({"message": first, "title": secrets.make("title of a task")})))
        .wait()
        .unwrap();
    let contact = Contact::default().with("email", secrets.make("contact"));
    let save = SaveToCrm { dialog, title: Some(secrets.make("title of a deal")), contact: Some(contact) };
    let deal = anna.save_to_crm(save).wait().unwrap().request;
    let (reference, url) = (secrets.make("reference"), Some(secrets.make("url")));
    engine.complete_request(CompleteRequest { request: deal, reference, url }).wait().unwrap();
    anna.rename(dialog, secrets.make("title")).wait().unwrap();
    anna.finish(dialog).wait().unwrap();
    engine.rate(dialog, 4, Some(secrets.make("comment of a rating"))).wait().unwrap();
    let score = ScoreDialog { dialog, rating: 2, comment: Some(secrets.make("comment of a score")) };
    engine.execute(Request::new(score).by(id("sue"))).wait().unwrap();
    dialog
}

fn dialog_owner(engine: &Engine, id: DialogId) -> String {
    dialog(engine, id)["owner"].as_str().unwrap().to_owned()
}

fn erase(engine: &Engine, client: &str) {
    engine.erase_client(id("web"), id(client)).wait().unwrap();
}

#[test]
fn no_byte_of_an_erased_client_is_in_any_file() {
    in_time(|| {
        let (house, mut secrets, mut kept) = (house(), Secrets::new("erased"), Secrets::new("kept"));
        let engine = open(&house);
        let first = write_all(&engine, "ala", &mut secrets);
        let others = write_all(&engine, "ola", &mut kept);
        noise(&engine, "one");
        engine.close_blocking().unwrap();
        assert_eq!(secrets.in_files(&house.path()), secrets.all(), "the search finds what is there");
        assert_eq!(secrets.in_entries(&house.path()), secrets.all());
        let engine = open(&house);
        noise(&engine, "two");
        let again = engine.receive(message("ala", secrets.make("open dialog"))).wait().unwrap().dialog;
        let mut live = engine.subscribe(1);
        let half = live.committed_up_to(3).unwrap();
        assert_eq!(half.len(), 3);
        noise(&engine, "three");

        erase(&engine, "ala");
        assert_eq!(secrets.in_files(&house.path()), nothing(), "when the reply comes");
        let hash = state_hash(&engine);
        let seq = engine.durable_seq();
        let rest = live.committed_up_to(seq).unwrap();
        let all = engine.subscribe(1).committed_up_to(seq).unwrap();
        assert_eq!(rest, all[3..], "a subscription misses nothing");
        assert!(all.iter().enumerate().all(|(at, one)| one.seq == at as u64 + 1), "and there is no hole");
        assert_eq!(secrets.told_in(&format!("{all:?}")), nothing());
        assert!(!kept.told_in(&format!("{all:?}")).is_empty(), "of others everything is still told");
        noise(&engine, "four");
        engine.close_blocking().unwrap();
        assert_eq!(secrets.in_files(&house.path()), nothing(), "when it is closed");
        assert_eq!(secrets.in_entries(&house.path()), nothing());
        assert_eq!(kept.in_entries(&house.path()), kept.all(), "what others wrote is still there");
        let verified = storage::verify(house.path(), &mut |_, _| {}).unwrap();
        assert!(verified.frames_redacted > 0);
        assert_eq!(verified.files, 2);

        let engine = house.open();
        for id in [first, again] {
            let view = dialog(&engine, id);
            assert!(view["erased_at"].is_string() && view["status"] == "closed", "{view}");
            assert_eq!(secrets.told_in(&view.to_string()), nothing());
        }
        assert_eq!(dialog(&engine, first)["messages"].as_array().unwrap().len(), 5);
        let of_others = kept.told_in(&dialog(&engine, others).to_string());
        assert!(["text of an operator", "title", "file name"].iter().all(|what| of_others.contains(what)));
        assert_eq!(secrets.told_in(&format!("{:?}", requests(&engine, json!({})))), nothing());
        assert_eq!(engine.subscribe(1).committed_up_to(seq).unwrap(), all, "told as before");
        assert_ne!(state_hash(&engine), hash, "others have written since");
        engine.close_blocking().unwrap();
    });
}

#[test]
fn the_state_is_the_same_after_a_restart_and_after_a_pulled_plug() {
    in_time(|| {
        let (house, mut secrets) = (House::new(), Secrets::new("restart"));
        let engine = open(&house);
        write_all(&engine, "ala", &mut secrets);
        noise(&engine, "one");
        erase(&engine, "ala");
        let hash = state_hash(&engine);
        let copied = House::new();
        crate::house::copy(&house.path(), &copied.path());
        assert_eq!(secrets.in_files(&copied.path()), nothing());
        engine.close_blocking().unwrap();
        for house in [house, copied] {
            let engine = house.open();
            assert_eq!(state_hash(&engine), hash);
            assert_eq!(code(engine.erase_client(id("web"), id("ala")).wait()), Code::ClientNotFound);
            engine.close_blocking().unwrap();
            assert_eq!(secrets.in_files(&house.path()), nothing());
            storage::verify(house.path(), &mut |_, _| {}).unwrap();
        }
    });
}

#[test]
fn a_content_that_another_client_sent_too_stays_until_both_are_erased() {
    in_time(|| {
        let (house, mut secrets) = (house(), Secrets::new("content"));
        let engine = open(&house);
        let content = secrets.content("content", 50_000);
        let file = || NewFile::upload("a", "text/plain", content.clone());
        engine.receive(message("ala", "mine").file(file())).wait().unwrap();
        let second: MessageId =
            engine.receive(message("ola", "mine too").file(file())).wait().unwrap().message;
        noise(&engine, "one");
        erase(&engine, "ala");
        assert_eq!(pollster::block_on(engine.get_file(second, 0)).unwrap().bytes[..], content[..]);
        erase(&engine, "ola");
        assert_eq!(secrets.in_files(&house.path()), nothing());
        let third = engine.receive(message("ela", "again").file(file())).wait().unwrap().message;
        assert_eq!(pollster::block_on(engine.get_file(third, 0)).unwrap().bytes[..], content[..]);
        engine.close_blocking().unwrap();
        assert_eq!(storage::verify(house.path(), &mut |_, _| {}).unwrap().files, 1);
    });
}

#[test]
fn others_write_while_clients_are_erased() {
    in_time(|| {
        let (house, mut secrets) = (house(), Secrets::new("meanwhile"));
        let engine = open(&house);
        for client in 0..20 {
            let text = secrets.make("text");
            engine.receive(message(format!("gone {client}"), text)).wait().unwrap();
        }
        std::thread::scope(|scope| {
            let erasing = scope.spawn(|| {
                (0..20).for_each(|client| erase(&engine, &format!("gone {client}")));
            });
            let mut round = 0;
            while !erasing.is_finished() {
                noise(&engine, &format!("round {round}"));
                round += 1;
            }
        });
        assert_eq!(secrets.in_files(&house.path()), nothing());
        let hash = state_hash(&engine);
        engine.close_blocking().unwrap();
        assert_eq!(secrets.in_entries(&house.path()), nothing());
        let engine = house.open();
        assert_eq!(state_hash(&engine), hash);
        engine.close_blocking().unwrap();
        storage::verify(house.path(), &mut |_, _| {}).unwrap();
    });
}

#[test]
fn a_key_gives_the_reply_again_when_everything_is_gone() {
    in_time(|| {
        let house = House::new();
        let engine = open(&house);
        engine.receive(message("ala", "hello")).wait().unwrap();
        let erase = || Request::new(EraseClient { channel: id("web"), client: id("ala") }).keyed(id("once"));
        let both = [engine.execute(erase()), engine.execute(erase())];
        both.into_iter().for_each(|execution| drop(execution.wait().unwrap()));
        engine.close_blocking().unwrap();
        let engine = house.open();
        engine.execute(erase()).wait().unwrap();
        engine.close_blocking().unwrap();
    });
}
