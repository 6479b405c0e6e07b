//! An export: the whole of a data directory as lines of JSON, in the words of queries and events.
//!
//! Every line is an object with one field, whose name says what the line holds. What is written down is
//! decided in `storage`; nothing here reads a disk.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::render;
use crate::domain::channel::Channel;
use crate::domain::dialog::Dialog;
use crate::domain::file::{FileBytes, FileHash};
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::domain::view::{
    ChannelView, EmployeeDialogView, Explanation, OperatorView, Page, QueueState, RequestView, Workload,
};
use crate::ids::{ChannelId, ExternalId, MessageId};
use crate::storage::{Exported, Exports, fingerprint_text};
use crate::timestamp::Timestamp;

/// Turns what is exported into lines, and counts it.
#[derive(Debug, Default)]
pub struct ExportLines {
    clock: Timestamp,
    /// What a dialog's urgency is where its client said nothing.
    priorities: BTreeMap<ChannelId, i32>,
    counts: Counts,
}

/// How many lines of each kind there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Channels.
    pub channels: u64,
    /// Operators, dismissed ones too.
    pub operators: u64,
    /// Canned replies, forms and apps.
    pub library: u64,
    /// Named subscriptions.
    pub subscriptions: u64,
    /// Dialogs, open and closed.
    pub dialogs: u64,
    /// Contents of uploaded files.
    pub files: u64,
    /// Events.
    pub events: u64,
    /// Places that could not be read.
    pub damages: u64,
}

/// A dialog with all that is known of it.
#[derive(Serialize)]
struct DialogLine {
    #[serde(flatten)]
    view: EmployeeDialogView,
    client_name: Option<String>,
    external_ids: Vec<ExternalLine>,
    #[serde(flatten)]
    explanation: Explanation,
    requests: Vec<RequestView>,
}

/// A connector's name for a message.
#[derive(Serialize)]
struct ExternalLine {
    external_id: ExternalId,
    message: MessageId,
}

#[derive(Serialize)]
struct FileLine {
    hash: String,
    size: u64,
    data_base64: FileBytes,
}

impl ExportLines {
    /// Nothing was exported yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the line for one thing.
    pub fn line(&mut self, line: &mut Vec<u8>, exported: Exported) {
        let counts = &mut self.counts;
        match exported {
            Exported::Contents(contents) => {
                self.clock = contents.clock;
                let what = json!({"format": contents.format, "first_seq": contents.first_seq,
                    "last_seq": contents.last_seq, "clock": contents.clock});
                write(line, "export", &what);
            }
            Exported::Channel(channel) => {
                counts.channels += 1;
                self.priorities.insert(channel.id.clone(), channel.settings.priority);
                write(line, "channel", &settings_of_channel(&channel));
            }
            Exported::Operator(operator) => {
                counts.operators += 1;
                write(line, "operator", &settings_of_operator(&operator));
            }
            Exported::Item(item) => {
                counts.library += 1;
                match *item {
                    Item::Canned(canned) => write(line, "canned", &named("canned", &canned)),
                    Item::Form(form) => write(line, "form", &named("form", &form)),
                    Item::App(app) => write(line, "app", &named("app", &app)),
                }
            }
            Exported::Subscription(name, seq) => {
                counts.subscriptions += 1;
                write(line, "subscription", &json!({"subscription": name.as_str(), "acknowledged": seq}));
            }
            Exported::Dialog(dialog) => {
                counts.dialogs += 1;
                write(line, "dialog", &self.dialog(&dialog));
            }
            Exported::File(hash, bytes) => {
                counts.files += 1;
                write(line, "file", &file(hash, bytes));
            }
            Exported::Event(recorded) => {
                counts.events += 1;
                render::event(line, &recorded);
            }
            Exported::Damage { place, reason } => {
                counts.damages += 1;
                write(line, "damage", &json!({"place": place, "reason": reason}));
            }
        }
    }

    /// Appends the last line: without it an export is not whole.
    pub fn end(&self, line: &mut Vec<u8>, exports: &Exports) {
        let mut end = object(&self.counts);
        end.insert("state_hash".to_owned(), fingerprint_text(exports.state_hash).into());
        write(line, "end", &end);
    }

    fn dialog(&self, dialog: &Dialog) -> DialogLine {
        let mut view = EmployeeDialogView::of(dialog, Page { audit: true, ..Page::default() });
        let own = dialog.wishes.as_ref().and_then(|wishes| wishes.priority);
        if let (Some(channel), None) = (&dialog.channel, own) {
            view.priority = self.priorities.get(channel).copied().unwrap_or(0);
        }
        let requests = dialog.requests.iter().map(|request| RequestView::of(request, dialog, self.clock));
        let external = |(external_id, message)| ExternalLine { external_id, message };
        DialogLine {
            view,
            client_name: dialog.client.as_ref().and_then(|client| client.name.clone()),
            external_ids: dialog.traces().external_ids.into_iter().map(external).collect(),
            explanation: Explanation::of(dialog),
            requests: requests.collect(),
        }
    }
}

/// A channel without what is only true of a running engine.
fn settings_of_channel(channel: &Channel) -> Map<String, Value> {
    let mut settings = object(&ChannelView::of(channel, QueueState::default()));
    ["waiting", "offered", "longest_wait_ms"].iter().for_each(|live| drop(settings.remove(*live)));
    settings
}

/// An operator without what is only true of a running engine; a dismissed one says so.
fn settings_of_operator(operator: &Operator) -> Map<String, Value> {
    let mut settings = object(&OperatorView::of(operator, Workload::default()));
    ["held", "offered", "free"].iter().for_each(|live| drop(settings.remove(*live)));
    if operator.removed {
        settings.insert("removed".to_owned(), true.into());
    }
    settings
}

/// A thing of the library, whose id has the name that commands give it.
fn named(kind: &str, item: &impl Serialize) -> Map<String, Value> {
    let mut fields = object(item);
    let id = fields.remove("id");
    fields.extend(id.map(|id| (kind.to_owned(), id)));
    fields
}

fn file(hash: FileHash, bytes: FileBytes) -> FileLine {
    FileLine { hash: hash.to_string(), size: bytes.len() as u64, data_base64: bytes }
}

/// The fields of a view, so that some can be taken out.
fn object(view: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(view) {
        Ok(Value::Object(fields)) => fields,
        // Views are objects with names for keys: anything else would be a bug, which stops nothing.
        _ => Map::new(),
    }
}

fn write(line: &mut Vec<u8>, kind: &'static str, what: &impl Serialize) {
    render::write(line, &BTreeMap::from([(kind, what)]));
}
