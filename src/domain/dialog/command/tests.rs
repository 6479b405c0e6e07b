//! What every command does in every status, as one table.

use std::fmt::Write;

use super::*;
use crate::domain::dialog::order::{
    Announce, DialogOrder, Dismiss, ExpireOffer, Offer, ReturnToQueue, WithdrawOffer,
};
use crate::domain::event::Destination;
use crate::domain::testing::*;
use crate::ids::ClientId;

/// A dialog as anna, who acts, finds it.
type Column = (&'static str, fn() -> Vec<DialogEvent>);

const UNANSWERED: [Column; 3] = [
    ("waiting", waiting),
    ("offered to me", || offered_to(["anna"])),
    ("offered to bea", || offered_to(["bea"])),
];

const ANSWERED: [Column; 4] = [
    ("mine", || answered_by("anna")),
    ("bea's", || answered_by("bea")),
    ("pinned by bea", || pinned_by("bea")),
    ("closed, was mine", || finished_by("anna")),
];

const WITH_A_BOT: [Column; 2] =
    [("anna is the bot", || held_by_bot("anna")), ("robo's", || held_by_bot("robo"))];

fn orders() -> Vec<(&'static str, DialogOrder)> {
    let (dialog, text) = (DIALOG, String::new());
    let transfer = |to| Transfer { dialog, to, comment: None };
    let leave = ClientLeave { channel: channel("web"), client: ClientId::new("ala").unwrap() };
    vec![
        ("receive", receive("hello").into()),
        ("client_leave", leave.into()),
        ("answer", Answer { dialog }.into()),
        ("skip", Skip { dialog }.into()),
        ("accept_and_finish", AcceptAndFinish { dialog }.into()),
        ("reply", WriteReply::new(dialog, text).into()),
        ("transfer to cleo", transfer(Destination::Operator(operator("cleo"))).into()),
        ("transfer to shop", transfer(Destination::Channel(channel("shop"))).into()),
        ("take", Take { dialog }.into()),
        ("pin", Pin { dialog }.into()),
        ("unpin", Unpin { dialog }.into()),
        ("finish", Finish { dialog }.into()),
        ("spam", Spam { dialog }.into()),
        ("pin_all", PinAll {}.into()),
        ("unpin_all", UnpinAll {}.into()),
        ("join", Join { dialog }.into()),
        ("leave", Leave { dialog }.into()),
        ("invite cleo", Invite { dialog, operator: operator("cleo") }.into()),
        ("remove cleo", RemoveParticipant { dialog, operator: operator("cleo") }.into()),
        ("rename", Rename { dialog, title: "parcel".into() }.into()),
        ("set_hidden_mode", SetHiddenMode { dialog, on: true }.into()),
        ("typing", Typing { dialog }.into()),
        ("rate", Rate { dialog, score: 5, comment: None }.into()),
        ("score_dialog", ScoreDialog { dialog, rating: 5, comment: None }.into()),
        ("create_task", CreateTask(FromMessage::new(MessageId::of(DIALOG, 1))).into()),
        ("save_to_crm", SaveToCrm { dialog, title: None, contact: None }.into()),
        ("(offer)", Offer { operators: vec![operator("cleo")] }.into()),
        ("(announce)", Announce.into()),
        ("(expire offer)", ExpireOffer { deadline: OFFER_ENDS }.into()),
        ("(withdraw mine)", WithdrawOffer { operator: operator("anna") }.into()),
        ("(anna is away)", Dismiss { operator: operator("anna") }.into()),
        ("(anna is removed)", ReturnToQueue { operator: operator("anna") }.into()),
    ]
}

/// `-` if nothing happens, the status afterwards if something does, else the code.
fn cell(events: Vec<DialogEvent>, order: &DialogOrder, context: &Context) -> String {
    let outcome = given(events).when(order, context);
    match &outcome.decided {
        Err(rejection) => rejection.code.to_string(),
        Ok(decision) if decision.events.is_empty() => "-".to_owned(),
        Ok(_) => format!("> {}", outcome.dialog().status.as_str()),
    }
}

fn table(columns: &[Column], context: &Context) -> String {
    let mut lines = vec![format!("{:19}", "")];
    columns.iter().for_each(|(title, _)| write!(lines[0], "{title:18}").unwrap());
    for (name, order) in orders() {
        let mut line = format!("{name:19}");
        columns
            .iter()
            .for_each(|(_, events)| write!(line, "{:18}", cell(events(), &order, context)).unwrap());
        lines.push(line);
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The lines of a supervisor's table that differ from an operator's, below the title.
fn more_for_a_supervisor(columns: &[Column]) -> String {
    let (operators, supervisors) =
        (table(columns, &by("anna")), table(columns, &by("anna").role(Role::Supervisor)));
    let lines = operators.lines().zip(supervisors.lines()).enumerate();
    let differing = lines.filter(|(at, (operators, supervisors))| *at == 0 || operators != supervisors);
    differing.map(|(_, (_, line))| format!("{line}\n")).collect()
}

#[track_caller]
fn assert_table(found: &str, expected: &str) {
    assert!(found == expected.trim_start_matches('\n'), "the table is now:\n{found}");
}

// Anna is a plain operator and a member of the queue. `>` leads to the status afterwards, `-` says
// that nothing happens. What stands in brackets are orders of the dispatcher.

#[test]
fn what_may_be_done_while_a_bot_holds_it() {
    assert_table(
        &table(&WITH_A_BOT, &by("anna")),
        "
                   anna is the bot   robo's
receive            > bot             > bot
client_leave       > closed          > closed
answer             not_offered       not_offered
skip               > waiting         not_offered
accept_and_finish  not_offered       not_offered
reply              > bot             not_participant
transfer to cleo   > offered         not_owner
transfer to shop   > waiting         not_owner
take               -                 > answered
pin                conflict          not_owner
unpin              conflict          not_owner
finish             > waiting         not_owner
spam               > closed          not_owner
pin_all            -                 -
unpin_all          -                 -
join               -                 > bot
leave              not_participant   not_participant
invite cleo        > bot             not_participant
remove cleo        -                 not_participant
rename             > bot             not_participant
set_hidden_mode    > bot             not_participant
typing             -                 not_participant
rate               permission_denied permission_denied
score_dialog       permission_denied permission_denied
create_task        > bot             not_participant
save_to_crm        > bot             not_participant
(offer)            -                 -
(announce)         -                 -
(expire offer)     -                 -
(withdraw mine)    -                 -
(anna is away)     -                 -
(anna is removed)  > waiting         -
",
    );
}

#[test]
fn what_may_be_done_before_an_answer() {
    assert_table(
        &table(&UNANSWERED, &by("anna")),
        "
                   waiting           offered to me     offered to bea
receive            > waiting         > offered         > offered
client_leave       > closed          > closed          > closed
answer             > answered        > answered        not_offered
skip               not_offered       > waiting         not_offered
accept_and_finish  > closed          > closed          not_offered
reply              not_participant   not_participant   not_participant
transfer to cleo   > offered         > offered         not_owner
transfer to shop   > waiting         > waiting         not_owner
take               > answered        > answered        > answered
pin                not_owner         not_owner         not_owner
unpin              not_owner         not_owner         not_owner
finish             not_owner         not_owner         not_owner
spam               > closed          > closed          not_owner
pin_all            -                 -                 -
unpin_all          -                 -                 -
join               > waiting         > offered         > offered
leave              not_participant   not_participant   not_participant
invite cleo        not_participant   not_participant   not_participant
remove cleo        not_participant   not_participant   not_participant
rename             not_participant   not_participant   not_participant
set_hidden_mode    not_participant   not_participant   not_participant
typing             not_participant   not_participant   not_participant
rate               permission_denied permission_denied permission_denied
score_dialog       permission_denied permission_denied permission_denied
create_task        not_participant   not_participant   not_participant
save_to_crm        not_participant   not_participant   not_participant
(offer)            > offered         -                 -
(announce)         -                 -                 -
(expire offer)     -                 > waiting         > waiting
(withdraw mine)    -                 > waiting         -
(anna is away)     -                 -                 -
(anna is removed)  -                 -                 -
",
    );
}

#[test]
fn what_may_be_done_after_an_answer() {
    assert_table(
        &table(&ANSWERED, &by("anna")),
        "
                   mine              bea's             pinned by bea     closed, was mine
receive            > answered        > answered        > answered        dialog_closed
client_leave       -                 -                 -                 -
answer             already_answered  already_answered  already_answered  dialog_closed
skip               already_answered  already_answered  already_answered  dialog_closed
accept_and_finish  already_answered  already_answered  already_answered  dialog_closed
reply              > answered        not_participant   not_participant   dialog_closed
transfer to cleo   > offered         not_owner         not_owner         dialog_closed
transfer to shop   > waiting         not_owner         not_owner         dialog_closed
take               -                 > answered        dialog_pinned     dialog_closed
pin                > answered        not_owner         not_owner         dialog_closed
unpin              -                 not_owner         not_owner         dialog_closed
finish             > closed          not_owner         not_owner         dialog_closed
spam               > closed          not_owner         not_owner         dialog_closed
pin_all            > answered        -                 -                 -
unpin_all          -                 -                 -                 -
join               -                 > answered        > answered        dialog_closed
leave              not_participant   not_participant   not_participant   not_participant
invite cleo        > answered        not_participant   not_participant   dialog_closed
remove cleo        -                 not_participant   not_participant   dialog_closed
rename             > answered        not_participant   not_participant   > closed
set_hidden_mode    > answered        not_participant   not_participant   dialog_closed
typing             -                 not_participant   not_participant   dialog_closed
rate               permission_denied permission_denied permission_denied permission_denied
score_dialog       permission_denied permission_denied permission_denied permission_denied
create_task        > answered        not_participant   not_participant   > closed
save_to_crm        > answered        not_participant   not_participant   > closed
(offer)            -                 -                 -                 -
(announce)         -                 -                 -                 -
(expire offer)     -                 -                 -                 -
(withdraw mine)    -                 -                 -                 -
(anna is away)     -                 -                 -                 -
(anna is removed)  > waiting         -                 -                 -
",
    );
}

#[test]
fn what_only_a_supervisor_may_do() {
    assert_table(
        &more_for_a_supervisor(&UNANSWERED),
        "
                   waiting           offered to me     offered to bea
reply              > waiting         > offered         > offered
transfer to cleo   > offered         > offered         > offered
transfer to shop   > waiting         > waiting         > waiting
pin                conflict          conflict          conflict
unpin              conflict          conflict          conflict
finish             > closed          > closed          > closed
spam               > closed          > closed          > closed
invite cleo        > waiting         > offered         > offered
remove cleo        -                 -                 -
rename             > waiting         > offered         > offered
set_hidden_mode    > waiting         > offered         > offered
typing             -                 -                 -
score_dialog       dialog_not_closed dialog_not_closed dialog_not_closed
create_task        > waiting         > offered         > offered
save_to_crm        > waiting         > offered         > offered
",
    );
    assert_table(
        &more_for_a_supervisor(&ANSWERED),
        "
                   mine              bea's             pinned by bea     closed, was mine
reply              > answered        > answered        > answered        dialog_closed
transfer to cleo   > offered         > offered         > offered         dialog_closed
transfer to shop   > waiting         > waiting         > waiting         dialog_closed
take               -                 > answered        > answered        dialog_closed
pin                > answered        > answered        -                 dialog_closed
unpin              -                 -                 > answered        dialog_closed
finish             > closed          > closed          > closed          dialog_closed
spam               > closed          > closed          > closed          dialog_closed
invite cleo        > answered        > answered        > answered        dialog_closed
remove cleo        -                 -                 -                 dialog_closed
rename             > answered        > answered        > answered        > closed
set_hidden_mode    > answered        > answered        > answered        dialog_closed
typing             -                 -                 -                 dialog_closed
score_dialog       dialog_not_closed dialog_not_closed dialog_not_closed > closed
create_task        > answered        > answered        > answered        > closed
save_to_crm        > answered        > answered        > answered        > closed
",
    );
}
