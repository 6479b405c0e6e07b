//! When nothing is under way, what the engine answers must be what the model says.

use std::collections::BTreeSet;

use super::Model;
use super::model::{Counts, Dialog, Request};
use crate::domain::query::{ListDialogs, Stats};
use crate::domain::view::{EmployeeDialogView, OperatorView};
use crate::engine::Stepped;
use crate::ids::{DialogId, OperatorId, RequestId};

/// Asks for everything that the model knows.
///
/// # Panics
/// If an answer is another one.
pub(in crate::simulation) fn question(engine: &mut Stepped, model: &mut Model) {
    model.settle();
    for (id, dialog) in &model.dialogs {
        let handle = engine.engine.clone();
        let view =
            engine.complete(handle.get_dialog(*id)).unwrap_or_else(|error| panic!("dialog {id}: {error}"));
        compare_dialog(*id, dialog, &view);
        let takers = if dialog.status() == "waiting" { model.takers(&dialog.channel) } else { Vec::new() };
        assert!(takers.is_empty(), "dialog {id} waits, and {takers:?} could take it");
    }
    for id in model.operators.keys() {
        let handle = engine.engine.clone();
        let view = engine.complete(handle.get_operator(id.clone()));
        compare_operator(id, model, &view.unwrap_or_else(|error| panic!("operator {id}: {error}")));
    }
    compare_requests(engine, model);
    compare_lists(engine, model);
    compare_counts(engine, model);
}

/// Lists find open and closed dialogs, wherever they are; a client's last dialog is found by its name.
fn compare_lists(engine: &mut Stepped, model: &Model) {
    let handle = engine.engine.clone();
    for channel in model.channels.keys() {
        let list = ListDialogs { channel: Some(channel.clone()), limit: Some(200), ..ListDialogs::default() };
        let found =
            engine.complete(handle.list_dialogs(list)).unwrap_or_else(|error| panic!("a list: {error}"));
        let found: Vec<DialogId> = found.dialogs.iter().map(|view| view.dialog).collect();
        let known = model.dialogs.iter().rev().filter(|(_, dialog)| dialog.channel == *channel);
        assert_eq!(found, known.map(|(id, _)| *id).collect::<Vec<_>>(), "dialogs of {channel}");
    }
    for ((channel, client), last) in &model.last_of {
        let found = engine.complete(handle.find_dialog(channel.clone(), client.clone()));
        let found = found.unwrap_or_else(|error| panic!("{client} of {channel}: {error}"));
        assert_eq!(found.dialog, *last, "the last dialog of {client} of {channel}");
    }
}

/// What was counted is what happened.
fn compare_counts(engine: &mut Stepped, model: &Model) {
    let handle = engine.engine.clone();
    let view =
        engine.complete(handle.stats(Stats::default())).unwrap_or_else(|error| panic!("figures: {error}"));
    let counted = Counts { offered: view.offered, answered: view.answered, abandoned: view.abandoned };
    assert_eq!(counted, model.counts, "what was counted");
}

fn compare_dialog(id: DialogId, dialog: &Dialog, view: &EmployeeDialogView) {
    let seen = (view.status, view.channel.as_ref(), view.client.as_ref(), view.owner.as_ref(), view.previous);
    let (owner, client) = (dialog.owner.as_ref(), Some(&dialog.client.1));
    assert_eq!(seen, (dialog.status(), Some(&dialog.channel), client, owner, dialog.previous), "dialog {id}");
    let (offered, joined): (BTreeSet<_>, BTreeSet<_>) =
        (view.offered_to.iter().collect(), view.participants.iter().collect());
    assert_eq!(offered, dialog.offered.keys().collect(), "to whom dialog {id} is offered");
    assert_eq!(joined, dialog.participants.iter().collect(), "who takes part in dialog {id}");
    let said = (view.pinned, &view.title, view.rating);
    assert_eq!(said, (dialog.pinned, &dialog.title, dialog.rating), "dialog {id}");
    let messages: Vec<_> = view
        .messages
        .iter()
        .map(|message| (message.message, message.text.clone().unwrap_or_default()))
        .collect();
    assert_eq!(messages, dialog.messages, "what was written in dialog {id}");
}

fn compare_operator(id: &OperatorId, model: &Model, view: &OperatorView) {
    let operator = &model.operators[id];
    let seen = (u64::from(view.capacity), view.presence, (view.held, view.offered));
    assert_eq!(seen, (operator.capacity, operator.presence, model.workload(id)), "operator {id}");
}

/// What is to be done outside is given to who asks, all of it and nothing else.
fn compare_requests(engine: &mut Stepped, model: &Model) {
    let handle = engine.engine.clone();
    let leases = engine.complete(handle.lease_requests(usize::MAX, 60_000));
    let leases = leases.unwrap_or_else(|error| panic!("requests: {error}"));
    let leased: Vec<RequestId> = leases.iter().map(|lease| lease.request.request).collect();
    let now = handle.now();
    let is_open = |request: &Request| match request {
        Request::Open => true,
        Request::Retry(at) => *at <= now,
        Request::Failed | Request::Done => false,
    };
    let open = model.requests.iter().filter(|(_, request)| is_open(request)).map(|(id, _)| *id);
    assert_eq!(leased, open.collect::<Vec<_>>(), "requests that are to be done");
}
