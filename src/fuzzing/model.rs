//! What must be true of everything that an engine writes, judged by the lines alone.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::Code;

/// Who has a dialog, as its events tell.
#[derive(Debug, Default)]
struct Known {
    owner: Option<String>,
    /// Where its client wrote.
    client: Option<(String, String)>,
    closed: bool,
}

/// Reads what an engine writes, and fails at the first line that cannot be.
#[derive(Debug, Default)]
pub struct Model {
    seq: u64,
    dialogs: HashMap<u64, Known>,
    open: HashMap<(String, String), u64>,
    /// The last reply to `health`.
    pub health: Option<Value>,
}

impl Model {
    /// Reads all that was written for `lines` lines.
    ///
    /// # Panics
    /// If something is written that must not be.
    pub fn read(&mut self, output: &[u8], lines: usize) {
        let mut replies = 0;
        for line in output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line).expect("every line is JSON");
            match line.get("event") {
                Some(event) => self.event(event),
                None => {
                    replies += 1;
                    self.reply(&line);
                }
            }
        }
        assert_eq!(replies, lines, "every line gets one reply");
    }

    fn reply(&mut self, line: &Value) {
        if let Some(error) = line.get("error") {
            let code = error["code"].as_str().expect("an error has a code");
            let known = Code::ALL.iter().find(|known| known.as_str() == code).expect("a known code");
            let broken = matches!(known, Code::StorageFailed | Code::Closed | Code::Overloaded);
            assert!(!broken, "nothing has failed: {line}");
        } else if line["ok"].get("state_hash").is_some() {
            self.health = Some(line["ok"].clone());
        }
        let mut open: Vec<_> = self.dialogs.values().filter(|known| !known.closed).collect();
        open.retain(|known| known.client.is_some());
        assert_eq!(open.len(), self.open.len(), "a client has one open dialog in a channel");
    }

    fn event(&mut self, event: &Value) {
        let Some(seq) = event.get("seq").and_then(Value::as_u64) else { return };
        assert_eq!(seq, self.seq + 1, "sequence numbers have no hole");
        self.seq = seq;
        if let Some(dialog) = event.get("dialog").and_then(Value::as_u64) {
            self.of_dialog(dialog, event);
        }
    }

    fn of_dialog(&mut self, dialog: u64, event: &Value) {
        let text = |field: &str| event.get(field).and_then(Value::as_str).map(str::to_owned);
        let kind = event["kind"].as_str().expect("an event has a kind");
        if kind == "dialog_opened" {
            return self.opened(dialog, text("channel").zip(text("client")), text("by"));
        }
        let known = self.dialogs.get_mut(&dialog).expect("a dialog opens before anything happens to it");
        match kind {
            "dialog_waiting" | "dialog_offered" => {
                assert!(known.owner.is_none() && !known.closed, "what is offered has no owner: {event}");
            }
            "dialog_answered" | "bot_joined" => {
                assert!(known.owner.is_none() && !known.closed, "it has an owner already: {event}");
                known.owner = text("operator");
            }
            "dialog_taken" => {
                assert!(!known.closed && known.owner == text("from"), "it is taken from its owner: {event}");
                known.owner = text("operator");
            }
            "dialog_transferred" => {
                assert!(!known.closed && known.owner == text("from"), "its owner passes it on: {event}");
                known.owner = None;
            }
            "dialog_closed" => {
                assert!(!known.closed, "it is closed once: {event}");
                known.closed = true;
                if let Some(client) = &known.client {
                    assert_eq!(self.open.remove(client), Some(dialog));
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, dialog: u64, client: Option<(String, String)>, by: Option<String>) {
        if let Some(client) = &client {
            let other = self.open.insert(client.clone(), dialog);
            assert_eq!(other, None, "the client has an open dialog already");
        }
        let owner = by.filter(|_| client.is_none());
        let before = self.dialogs.insert(dialog, Known { owner, client, closed: false });
        assert!(before.is_none(), "ids of dialogs are never used again");
    }
}
