//! What is true of every dialog, whatever happens to it.

use proptest::prelude::*;

use super::command::*;
use super::order::{
    Abandon, Announce, AutoClose, DialogOrder, Dismiss, ExpireOffer, HandOff, NoAnswer, Offer, ReturnToQueue,
    WithdrawOffer,
};
use super::*;
use crate::domain::channel::{Accept, QueueMode};
use crate::domain::event::{Destination, DialogEvent};
use crate::domain::operator::Role;
use crate::domain::testing::*;

/// Something that happens to a dialog, and what the dispatcher says of it.
type Step = (DialogOrder, Context);

fn somebody() -> impl Strategy<Value = OperatorId> {
    prop::sample::select(vec!["anna", "bea", "cleo", "dora"]).prop_map(operator)
}

fn destination() -> impl Strategy<Value = Destination> {
    let channels = prop::sample::select(vec!["web", "shop"]).prop_map(channel);
    prop_oneof![somebody().prop_map(Destination::Operator), channels.prop_map(Destination::Channel)]
}

fn context() -> impl Strategy<Value = Context> {
    let modes = prop::sample::select(vec![QueueMode::Evenly, QueueMode::Strictly, QueueMode::All]);
    let roles = prop::sample::select(vec![Role::Operator, Role::Operator, Role::Supervisor, Role::Admin]);
    let flags = any::<[bool; 4]>();
    (somebody(), roles, modes, flags, 1_u32..5).prop_map(
        |(operator, role, mode, [auto, member, room, reachable], weight)| {
            let mut context = by(operator.as_str()).role(role).mode(mode).weight(weight);
            context.actor.as_mut().unwrap().member = member;
            if auto && mode != QueueMode::All {
                context.desk.rules.accept = Accept::Auto;
            }
            (context.desk.room, context.desk.reachable) = (room, reachable);
            context.desk.rating = true;
            with_manners(context, reachable)
        },
    )
}

/// The channel says and does what a channel can by itself.
fn with_manners(context: Context, closes: bool) -> Context {
    let context = context.with_rules(|settings| {
        let bot = r#"{"operator":"robo","hand_off_after_ms":1}"#;
        settings.bot = Some(serde_json::from_str(bot).unwrap());
        let (reply, overflow_channel) = (Some("busy".to_owned()), Some(channel("shop")));
        settings.no_answer = Some(crate::domain::channel::NoAnswer { after_ms: 1, reply, overflow_channel });
        (settings.abandon_ms, settings.auto_close_ms) = (Some(1), Some(1));
        (settings.welcome, settings.closing) = (Some("hi".into()), Some("bye".into()));
    });
    context.into_closed("shop", Some("closed"), closes)
}

fn order() -> impl Strategy<Value = DialogOrder> {
    let dialog = DIALOG;
    let (message, request) = (MessageId::of(DIALOG, 1), RequestId::of(DIALOG, 1));
    let text = || "text".to_owned();
    let transfer = (destination(), any::<bool>()).prop_map(move |(to, comment)| {
        DialogOrder::from(Transfer { dialog, to, comment: comment.then(text) })
    });
    let offer = prop::collection::vec(somebody(), 0..3).prop_map(|mut operators| {
        operators.sort();
        operators.dedup();
        DialogOrder::from(Offer { operators })
    });
    let plain: Vec<DialogOrder> = vec![
        receive("hello").into(),
        Answer { dialog }.into(),
        Skip { dialog }.into(),
        WriteReply::new(dialog, text()).hidden(true).into(),
        Take { dialog }.into(),
        Join { dialog }.into(),
        Leave { dialog }.into(),
        Rename { dialog, title: text() }.into(),
        SetHiddenMode { dialog, on: true }.into(),
        SetHiddenMode { dialog, on: false }.into(),
        PinAll {}.into(),
        UnpinAll {}.into(),
        Rate { dialog, score: 3, comment: Some(text()) }.into(),
        ScoreDialog { dialog, rating: 3, comment: None }.into(),
        Pin { dialog }.into(),
        Unpin { dialog }.into(),
        CreateTask(FromMessage::new(message)).into(),
        SaveToCrm { dialog, title: None, contact: None }.into(),
        CompleteRequest { request, reference: text(), url: None }.into(),
        FailRequest { request, reason: text(), retry_after_ms: Some(1) }.into(),
        Announce.into(),
        HandOff.into(),
        NoAnswer { overflow_full: false }.into(),
        NoAnswer { overflow_full: true }.into(),
        ExpireOffer { deadline: NOW.plus_ms(60_000) }.into(),
    ];
    let client = crate::ids::ClientId::new("ala").unwrap();
    let closing: Vec<DialogOrder> = vec![
        AcceptAndFinish { dialog }.into(),
        Finish { dialog }.into(),
        Spam { dialog }.into(),
        ClientLeave { channel: channel("web"), client }.into(),
        Abandon.into(),
        AutoClose.into(),
    ];
    let message = || (1_u32..8).prop_map(|place| MessageId::of(DIALOG, place));
    let states =
        prop::sample::select(vec![Receipt::Sent, Receipt::Delivered, Receipt::Read, Receipt::Failed]);
    let receipt = (message(), states).prop_map(|(message, state)| RecordReceipt { message, state }.into());
    let edit = (message(), "[a-c]").prop_map(|(message, text)| EditMessage { message, text }.into());
    prop_oneof![
        2 => edit,
        1 => message().prop_map(|message| DeleteMessage { message }.into()),
        2 => receipt,
        2 => somebody().prop_map(move |operator| Invite { dialog, operator }.into()),
        1 => somebody().prop_map(move |operator| RemoveParticipant { dialog, operator }.into()),
        1 => somebody().prop_map(|operator| Dismiss { operator }.into()),
        12 => prop::sample::select(plain),
        1 => prop::sample::select(closing),
        3 => transfer,
        4 => offer,
        1 => somebody().prop_map(|operator| WithdrawOffer { operator }.into()),
        1 => somebody().prop_map(|operator| ReturnToQueue { operator }.into()),
    ]
}

fn placement() -> impl Strategy<Value = Placement> {
    prop_oneof![
        Just(Placement::Waiting),
        somebody().prop_map(|operator| Placement::Offered(vec![operator])),
        somebody().prop_map(Placement::Assigned),
        somebody().prop_map(Placement::Bot),
    ]
}

fn assert_sound(dialog: &Dialog) {
    let to = dialog.offered_to();
    let (answered, offered) =
        (dialog.status == Status::Answered, matches!(dialog.status, Status::Offered { .. }));
    assert_eq!(offered, !to.is_empty(), "an offer is made to somebody");
    assert!(
        to.iter().enumerate().all(|(at, operator)| !to[..at].contains(operator)),
        "nobody is offered it twice"
    );
    let held = answered || dialog.status == Status::Bot;
    assert!(dialog.is_closed() || held == dialog.owner.is_some(), "answered is who has an owner");
    assert!(dialog.owner.as_ref().is_none_or(|owner| !dialog.participants.contains(owner)));
    assert!(!(answered || offered) || dialog.weight > 0, "what somebody has takes capacity");
    assert!(!dialog.announced || dialog.status == Status::Waiting, "only what waits is said to wait");
    assert!(!dialog.pinned || answered, "only what has an owner is locked to them");
    assert!(to.iter().all(|operator| !dialog.round.contains(operator)), "who has it has not had it");
    assert_eq!(dialog.closed_at.is_some(), dialog.is_closed());
    assert!(dialog.messages.is_sorted_by_key(|message| message.id), "messages are in order");
    assert!(dialog.requests.is_sorted_by_key(|request| request.id), "requests are in order");
    let deals = dialog.requests.iter().filter(|request| request.kind == RequestKind::Deal);
    assert!(deals.count() <= 1, "it is saved once");
    assert!(!dialog.is_closed() || dialog.participants.is_empty(), "who took part has left");
    assert!(dialog.messages.iter().all(|message| !message.deleted || message.text.is_empty()));
    assert!(dialog.is_closed() || (dialog.rating.is_none() && dialog.score.is_none()));
}

proptest! {
    #[test]
    fn a_dialog_is_sound_after_every_event(
        placement in placement(),
        opening in context(),
        steps in prop::collection::vec((order(), context()), 0..40),
    ) {
        let mut events = receive("hello").open(DIALOG, None, &placement, &opening).events;
        let mut dialog = given(events.clone()).dialog();
        assert_sound(&dialog);
        for step in steps {
            let made = happens(&mut dialog, &step);
            events.extend(made);
        }
        prop_assert_eq!(replayed(&events), dialog, "the same events make the same dialog");
    }
}

fn happens(dialog: &mut Dialog, (order, context): &Step) -> Vec<DialogEvent> {
    let Ok(decision) = order.decide(dialog, context) else { return Vec::new() };
    let status = dialog.status.clone();
    assert!(!dialog.is_closed() || decision.events.iter().all(happens_to_closed), "it has ended");
    for event in &decision.events {
        dialog.apply(event, BEFORE);
        assert_sound(dialog);
    }
    assert!(!matches!(status, Status::Closed { .. }) || dialog.status == status, "it stays closed");
    decision.events
}

/// What is still said and done about a dialog that is over.
fn happens_to_closed(event: &DialogEvent) -> bool {
    event.request().is_some()
        || matches!(
            event,
            DialogEvent::Renamed { .. }
                | DialogEvent::MessageEdited(_)
                | DialogEvent::MessageDeleted { .. }
                | DialogEvent::ReceiptUpdated { .. }
                | DialogEvent::Rated { .. }
                | DialogEvent::Scored { .. }
        )
}

fn replayed(events: &[DialogEvent]) -> Dialog {
    given(events.to_vec()).dialog()
}
