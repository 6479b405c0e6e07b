//! The names of all commands and queries. A new one is one line of the table.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::fields;
use super::parse::Action;
use crate::domain::channel::{PutChannel, PutRetention};
use crate::domain::command::Command;
use crate::domain::dialog::command::{
    AcceptAndFinish, Answer, AttachApp, ClientDelete, ClientEdit, ClientLeave, ClientTyping, CompleteRequest,
    CreateEvent, CreateTask, DeleteMessage, Discuss, EditMessage, EraseClient, FailRequest, Finish, Invite,
    Join, Leave, MoveToNew, Pin, PinAll, PostToFeed, Rate, Receive, RecordReceipt, RemoveParticipant, Rename,
    SaveToCrm, ScoreDialog, SendCanned, SendCard, SendForm, SendPayment, SetHiddenMode, SetPriority, Skip,
    Spam, SubmitForm, Take, Transfer, Typing, Unpin, UnpinAll, UpdatePayment, WriteReply,
};
use crate::domain::library::{PutApp, PutCannedReply, PutForm, SaveCanned};
use crate::domain::operator::{PutOperator, RemoveOperator, SetPresence};
use crate::domain::query::{
    Explain, FindDialog, GetChannel, GetDialog, GetFile, GetOperator, GetRequest, Health, History,
    ListDialogs, ListRequests, Position, Query, Search, Stats, Unanswered,
};
use crate::domain::request::Request;
use crate::error::Rejection;
use crate::ids::{IdempotencyKey, OperatorId};

/// Who may send a request, as far as the line alone can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sender {
    /// An operator: `as` is required.
    Operator,
    /// The host, or an operator: `as` may be missing.
    Anybody,
    /// The connector or the host: there is no `as`.
    Connector,
}

/// What the line says of its sender, beside the fields of the request itself.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) actor: Option<OperatorId>,
    pub(super) key: Option<IdempotencyKey>,
}

/// One name and how its fields are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) sender: Sender,
    pub(super) read: fn(Value, Envelope) -> Result<Action, Rejection>,
}

const TABLE: &[Entry] = &[
    // Set-up.
    command::<PutChannel>("put_channel", Sender::Anybody),
    command::<PutOperator>("put_operator", Sender::Anybody),
    command::<RemoveOperator>("remove_operator", Sender::Anybody),
    command::<SetPresence>("set_presence", Sender::Anybody),
    command::<PutCannedReply>("put_canned_reply", Sender::Anybody),
    command::<PutForm>("put_form", Sender::Anybody),
    command::<PutApp>("put_app", Sender::Anybody),
    command::<EraseClient>("erase_client", Sender::Anybody),
    command::<PutRetention>("put_retention", Sender::Anybody),
    // The client's side.
    command::<Receive>("receive", Sender::Connector),
    command::<ClientLeave>("client_leave", Sender::Connector),
    command::<ClientEdit>("client_edit", Sender::Connector),
    command::<ClientDelete>("client_delete", Sender::Connector),
    command::<ClientTyping>("client_typing", Sender::Connector),
    command::<RecordReceipt>("receipt", Sender::Connector),
    command::<Rate>("rate", Sender::Connector),
    command::<SubmitForm>("submit_form", Sender::Connector),
    command::<UpdatePayment>("payment_status", Sender::Connector),
    // The operator's side.
    command::<Answer>("answer", Sender::Operator),
    command::<Skip>("skip", Sender::Operator),
    command::<AcceptAndFinish>("accept_and_finish", Sender::Operator),
    command::<Transfer>("transfer", Sender::Operator),
    command::<Take>("take", Sender::Operator),
    command::<Pin>("pin", Sender::Operator),
    command::<Unpin>("unpin", Sender::Operator),
    command::<Finish>("finish", Sender::Operator),
    command::<Spam>("spam", Sender::Operator),
    command::<WriteReply>("reply", Sender::Operator),
    command::<PinAll>("pin_all", Sender::Operator),
    command::<UnpinAll>("unpin_all", Sender::Operator),
    command::<Join>("join", Sender::Operator),
    command::<Leave>("leave", Sender::Operator),
    command::<Invite>("invite", Sender::Operator),
    command::<RemoveParticipant>("remove_participant", Sender::Operator),
    command::<Rename>("rename", Sender::Operator),
    command::<SetHiddenMode>("set_hidden_mode", Sender::Operator),
    command::<SetPriority>("set_priority", Sender::Operator),
    command::<EditMessage>("edit", Sender::Operator),
    command::<DeleteMessage>("delete", Sender::Operator),
    command::<Typing>("typing", Sender::Operator),
    command::<ScoreDialog>("score_dialog", Sender::Operator),
    command::<SendCanned>("send_canned", Sender::Operator),
    command::<SendForm>("send_form", Sender::Operator),
    command::<SendPayment>("send_payment", Sender::Operator),
    command::<SendCard>("send_card", Sender::Operator),
    command::<SaveCanned>("save_canned", Sender::Operator),
    command::<AttachApp>("attach_app", Sender::Operator),
    command::<Discuss>("discuss", Sender::Operator),
    command::<CreateTask>("create_task", Sender::Operator),
    command::<CreateEvent>("create_event", Sender::Operator),
    command::<PostToFeed>("post_to_feed", Sender::Operator),
    command::<SaveToCrm>("save_to_crm", Sender::Operator),
    // Requests to the outside.
    command::<CompleteRequest>("complete_request", Sender::Anybody),
    command::<FailRequest>("fail_request", Sender::Anybody),
    query::<ListRequests>("list_requests", Sender::Anybody),
    query::<GetRequest>("get_request", Sender::Anybody),
    command::<MoveToNew>("move_to_new", Sender::Operator),
    // Queries.
    query::<GetDialog>("get_dialog", Sender::Anybody),
    query::<FindDialog>("find_dialog", Sender::Anybody),
    query::<History>("history", Sender::Anybody),
    query::<ListDialogs>("list_dialogs", Sender::Anybody),
    query::<Search>("search", Sender::Anybody),
    query::<Unanswered>("unanswered", Sender::Operator),
    query::<Explain>("explain", Sender::Anybody),
    query::<GetOperator>("get_operator", Sender::Anybody),
    query::<GetChannel>("get_channel", Sender::Anybody),
    query::<GetFile>("get_file", Sender::Anybody),
    query::<Stats>("stats", Sender::Anybody),
    query::<Position>("position", Sender::Anybody),
    query::<Health>("health", Sender::Anybody),
    // The host's clock.
    Entry { name: "advance", sender: Sender::Connector, read: advance },
    // The host's data directory.
    Entry { name: "backup", sender: Sender::Connector, read: backup },
];

/// The entry of a name, if there is one.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.name == name)
}

const fn command<C: DeserializeOwned + Into<Command>>(name: &'static str, sender: Sender) -> Entry {
    Entry { name, sender, read: read_command::<C> }
}

const fn query<Q: DeserializeOwned + Into<Query>>(name: &'static str, sender: Sender) -> Entry {
    Entry { name, sender, read: read_query::<Q> }
}

fn read_command<C: DeserializeOwned + Into<Command>>(
    fields: Value,
    envelope: Envelope,
) -> Result<Action, Rejection> {
    let command = fields::read::<C>(fields)?.into();
    Ok(Action::Command(Request { command, actor: envelope.actor, key: envelope.key }))
}

fn read_query<Q: DeserializeOwned + Into<Query>>(
    fields: Value,
    envelope: Envelope,
) -> Result<Action, Rejection> {
    // A query changes nothing, so that a key has nothing to protect: it is answered afresh.
    Ok(Action::Query(fields::read::<Q>(fields)?.into(), envelope.actor))
}

fn advance(fields: Value, _: Envelope) -> Result<Action, Rejection> {
    super::parse::advance(fields).map(Action::Advance)
}

fn backup(fields: Value, _: Envelope) -> Result<Action, Rejection> {
    super::parse::backup(fields).map(Action::Backup)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once() {
        for entry in TABLE {
            let same = TABLE.iter().filter(|other| other.name == entry.name);
            assert_eq!(same.count(), 1, "{}", entry.name);
        }
    }
}
