//! What is admitted is counted until its outcome has left, whatever becomes of it.

use serde_json::json;

use super::panics::{by, command, in_time, open, receive};
use crate::domain::channel::PutChannel;
use crate::domain::dialog::command::{EraseClient, Finish, MoveToNew, PinAll, Typing, WriteReply};
use crate::domain::operator::{PutOperator, SetPresence};
use crate::ids::{DialogId, IdempotencyKey, MessageId};
use crate::storage::testing::scratch;

#[test]
fn every_credit_is_given_back_whatever_becomes_of_a_command() {
    in_time(|| {
        let directory = scratch();
        let engine = open(directory.path(), 0);
        for request in [
            command::<PutOperator>(json!({"operator": "anna", "capacity": 1_000_000})),
            command::<SetPresence>(json!({"operator": "anna", "presence": "online"})),
            command::<PutChannel>(
                json!({"channel": "web", "queue": {"members": ["anna"], "accept": "auto"}}),
            ),
        ] {
            engine.execute(request).wait().unwrap();
        }
        let key = IdempotencyKey::new("the same").unwrap();
        let mut under_way = Vec::new();
        for dialog in 1..=50_u64 {
            let message = MessageId::of(DialogId(dialog), 1);
            let requests = [
                receive(&format!("client {}", dialog % 40)),
                receive("keyed").keyed(key.clone()),
                by("anna", command::<WriteReply>(json!({"dialog": dialog, "text": "yes"}))),
                by("anna", command::<WriteReply>(json!({"dialog": 99_999, "text": "yes"}))),
                by("nobody", command::<Finish>(json!({"dialog": dialog}))),
                by("anna", command::<Typing>(json!({"dialog": dialog}))),
                by("anna", command::<PinAll>(json!({}))),
                by("anna", command::<MoveToNew>(json!({"message": message}))),
                by("anna", command::<Finish>(json!({"dialog": dialog / 2 + 1}))),
                command::<EraseClient>(json!({"channel": "web", "client": format!("client {}", dialog % 7)})),
            ];
            under_way.extend(requests.map(|request| engine.execute(request)));
        }
        // Who drops an execution has forgotten the outcome, not the credit.
        let kept = under_way.split_off(100);
        drop(under_way);
        kept.into_iter().for_each(|execution| drop(execution.wait()));
        pollster::block_on(engine.settle()).unwrap();
        // The last outcome leaves a moment before its credit is given back.
        while engine.running.shared.admission.under_way() != (0, 0) {
            std::thread::yield_now();
        }
        engine.close_blocking().unwrap();
    });
}
