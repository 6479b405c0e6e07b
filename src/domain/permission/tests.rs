//! Walks every cell of the table through the commands that it is about.

use super::*;
use crate::domain::channel::PutChannel;
use crate::domain::dialog::Visibility;
use crate::domain::dialog::command::*;
use crate::domain::dialog::order::DialogOrder;
use crate::domain::event::{Destination, DialogEvent};
use crate::domain::operator::{Operator, Presence, Principal, PutOperator, RemoveOperator, SetPresence};
use crate::domain::query::GetDialog;
use crate::domain::testing::*;
use crate::ids::{DialogId, MessageId, RequestId};

/// A dialog to which anna stands in one relation and no other, and in which message 2 is bea's, or
/// her own where that is the relation.
fn dialog(relation: Relation) -> Vec<DialogEvent> {
    let hello = |author| written_by(author, Visibility::Public).pop().unwrap();
    let (mut events, author) = match relation {
        Relation::Owner => (answered_by("anna"), "bea"),
        Relation::Participant => (joined_by("bea", "anna"), "bea"),
        Relation::Offered => (offered_to(["anna"]), "bea"),
        Relation::Waiting => (waiting(), "bea"),
        Relation::Own => (answered_by("bea"), "anna"),
        Relation::Other => (answered_by("bea"), "bea"),
    };
    events.push(hello(author));
    events
}

/// The commands on a dialog that a line is about; none if it is about something else.
fn orders(permission: Permission) -> Vec<DialogOrder> {
    let (dialog, cleo) = (DIALOG, || operator("cleo"));
    let [clients, operators] = [1, 2].map(|place| MessageId::of(DIALOG, place));
    let text = String::new;
    let request = RequestId::of(DIALOG, 1);
    match permission {
        Permission::SetUp
        | Permission::SetPresence
        | Permission::Audit
        | Permission::Discuss
        | Permission::MoveToNew => {
            vec![]
        }
        Permission::Answer => {
            vec![Answer { dialog }.into(), Skip { dialog }.into(), AcceptAndFinish { dialog }.into()]
        }
        Permission::Transfer => [Destination::Operator(cleo()), Destination::Channel(channel("shop"))]
            .map(|to| Transfer { dialog, to, comment: None }.into())
            .into(),
        Permission::Take | Permission::TakePinned => vec![Take { dialog }.into()],
        Permission::Pin => vec![Pin { dialog }.into(), Unpin { dialog }.into()],
        Permission::PinAll => vec![PinAll {}.into(), UnpinAll {}.into()],
        Permission::Finish => vec![Finish { dialog }.into()],
        Permission::Spam => vec![Spam { dialog }.into()],
        Permission::Join => vec![Join { dialog }.into()],
        Permission::Leave => vec![Leave { dialog }.into()],
        Permission::Company => {
            vec![
                Invite { dialog, operator: cleo() }.into(),
                RemoveParticipant { dialog, operator: cleo() }.into(),
            ]
        }
        Permission::Write => vec![WriteReply::new(dialog, text()).into()],
        Permission::SetHiddenMode => vec![SetHiddenMode { dialog, on: true }.into()],
        Permission::Typing => vec![Typing { dialog }.into()],
        Permission::SetPriority => vec![SetPriority { dialog, priority: 1 }.into()],
        Permission::Rename => vec![Rename { dialog, title: text() }.into()],
        Permission::Amend => changes(operators),
        Permission::AmendOthers => changes(clients),
        Permission::Score => vec![ScoreDialog { dialog, rating: 3, comment: None }.into()],
        Permission::Request => vec![
            CreateTask(FromMessage::new(clients)).into(),
            CreateEvent(FromMessage::new(clients)).into(),
            PostToFeed(FromMessage::new(clients)).into(),
            SaveToCrm { dialog, title: None, contact: None }.into(),
        ],
        Permission::Outside => vec![
            CompleteRequest { request, reference: "T-1".into(), url: None }.into(),
            FailRequest { request, reason: text(), retry_after_ms: None }.into(),
        ],
    }
}

fn changes(message: MessageId) -> Vec<DialogOrder> {
    vec![EditMessage { message, text: String::new() }.into(), DeleteMessage { message }.into()]
}

/// What the commands of a line that are not about dialogs come to.
fn others(permission: Permission, principal: &Principal, own: bool) -> Vec<Result<(), Rejection>> {
    let anna = Operator::from_event(
        operator("anna"),
        &PutOperator::new(operator("anna")).decide(None, None).unwrap()[0],
    );
    let who = operator(if own { "anna" } else { "bea" });
    let (existing, by) = (Operator { id: who.clone(), ..anna }, Some(principal));
    match permission {
        Permission::SetUp => vec![
            PutChannel::new(channel("web")).decide(by).map(drop),
            PutOperator::new(who.clone()).decide(None, by).map(drop),
            RemoveOperator { operator: who }.decide(Some(&existing), by).map(drop),
        ],
        Permission::SetPresence => {
            let set = SetPresence { operator: who, presence: Presence::Online };
            vec![set.decide(Some(&existing), by).map(drop)]
        }
        Permission::Audit => vec![GetDialog { audit: true, ..GetDialog::whole(DIALOG) }.allow(by)],
        _ => vec![],
    }
}

/// What every command of a line comes to for anna, in this role and relation.
fn outcomes(permission: Permission, role: Role, relation: Relation) -> Vec<Result<(), Rejection>> {
    let mut events = dialog(relation);
    if permission == Permission::Outside {
        events.push(with_task("bea").pop().unwrap());
    }
    if permission == Permission::TakePinned {
        events.push(DialogEvent::Pinned { operator: operator("bea") });
    }
    let mut context = by("anna").role(role);
    context.actor.as_mut().unwrap().member = relation == Relation::Waiting;
    let principal = Principal { operator: operator("anna"), role };
    let message = MessageId::of(DIALOG, 1);
    let seen = SeenMessage::of(&given(events.clone()).dialog(), message).unwrap();
    let discuss = || Discuss { message }.open(DialogId(9), &seen, &principal, |_| true, NOW).map(drop);
    let discussed = (permission == Permission::Discuss).then(discuss);
    let command = MoveToNew { message };
    let go = || command.decide(&given(events.clone()).dialog(), DialogId(9), &context).map(drop);
    let moved = (permission == Permission::MoveToNew).then(go);
    let on_dialog = orders(permission)
        .into_iter()
        .map(|order| given(events.clone()).when(&order, &context).decided.map(drop));
    on_dialog
        .chain(discussed)
        .chain(moved)
        .chain(others(permission, &principal, relation == Relation::Own))
        .collect()
}

/// Allowed is what fails for no reason of permission: status and capacity come later.
#[track_caller]
fn assert_cell(permission: Permission, role: Role, relation: Relation, allowed: bool) {
    let outcomes = outcomes(permission, role, relation);
    assert!(!outcomes.is_empty(), "{permission:?} is about nothing");
    for outcome in outcomes {
        let code = outcome.err().map(|rejection| rejection.code);
        let cell = format!("{permission:?}, {role:?}, {relation:?}: {code:?}");
        if allowed {
            let refusals = [Code::PermissionDenied, Code::NotOwner, Code::NotParticipant, Code::DialogPinned];
            assert!(!code.is_some_and(|code| refusals.contains(&code)), "{cell}");
        } else {
            assert_eq!(code, Some(permission.rule().otherwise), "{cell}");
        }
    }
}

#[test]
fn every_cell_decides_what_it_says() {
    for permission in Permission::ALL {
        let rule = permission.rule();
        for (relation, enough) in Relation::ALL.into_iter().zip(rule.relations) {
            let cells = [
                (Role::Operator, enough),
                (Role::Supervisor, enough || rule.supervisor),
                (Role::Admin, enough || rule.admin),
            ];
            for (role, allowed) in cells {
                assert_cell(*permission, role, relation, allowed);
            }
        }
    }
}

#[test]
fn an_admin_may_do_what_a_supervisor_may() {
    for permission in Permission::ALL {
        let rule = permission.rule();
        assert!(rule.admin || !rule.supervisor, "{permission:?}");
    }
}

#[test]
fn what_any_employee_may_do_every_relation_may() {
    for permission in Permission::ALL {
        let [related @ .., other] = permission.rule().relations;
        assert!(!other || related.into_iter().all(|enough| enough), "{permission:?}");
    }
}
