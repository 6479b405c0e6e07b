//! The hot paths that one thread walks alone: what makes each ready, and a round of it. Nothing is counted here.

use std::hint::black_box;

use centrala::domain::channel::{Accept, QueueMode};
use centrala::domain::dialog::Dialog;
use centrala::domain::dialog::command::{
    Actor, Answer, Context, Desk, DialogCommand, Finish, OfferRules, Placement, Receive, WriteReply,
};
use centrala::domain::event::{Change, DialogEvent, Events};
use centrala::domain::operator::Role;
use centrala::domain::reply::{Received, Reply};
use centrala::ids::{DialogId, MessageId};
use centrala::protocol::parse;
use centrala::protocol::render::{self, ReplyObject};
use centrala::storage::{Record, RecordRef, append_record, counting, encode};
use centrala::timestamp::Timestamp;

use crate::counted;
use crate::support::routing::{House, skilled, wishes};
use crate::support::{channel, client, operator};

/// One round.
type Walk = Box<dyn FnMut()>;

/// Something whose instructions are counted.
pub struct Path {
    pub name: String,
    /// How many rounds are counted together.
    pub rounds: usize,
    /// Makes it ready for so many rounds.
    pub ready: Box<dyn Fn(usize) -> Walk>,
}

const DIALOG: DialogId = DialogId(1);
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const QUESTION: &str = "Where is my parcel? It should have been here yesterday.";
const REPLY: &str = "It is in the van and arrives before noon.";
const LINE: &[u8] = br#"{"do":"reply","as":"operator-0","ref":4711,"key":"k-4711","dialog":1,"text":"It is in the van and arrives before noon."}"#;

/// All of them, in the order in which they are counted.
pub fn all() -> Vec<Path> {
    let mut paths = Vec::new();
    routing(&mut paths);
    commands(&mut paths);
    storing(&mut paths);
    add(&mut paths, "protocol/parse", 200, |_| {
        Box::new(|| drop(black_box(parse(black_box(LINE)).expect("the line is a request"))))
    });
    add(&mut paths, "protocol/render", 200, |_| {
        let received =
            Received { dialog: DIALOG, message: MessageId::of(DIALOG, 1), opened: true, duplicate: false };
        let (reply, mut line) = (Reply::Received(received), Vec::with_capacity(4096));
        Box::new(move || {
            line.clear();
            render::ok(black_box(&mut line), &4711.into(), &ReplyObject(&reply));
        })
    });
    paths
}

/// A path of which whole rounds count.
fn add(
    paths: &mut Vec<Path>,
    name: impl Into<String>,
    rounds: usize,
    ready: impl Fn(usize) -> Walk + 'static,
) {
    let ready = move |rounds| -> Walk {
        let mut walk = ready(rounds);
        Box::new(move || counted(&mut *walk))
    };
    paths.push(Path { name: name.into(), rounds, ready: Box::new(ready) });
}

/// The worlds of `benches/routing.rs`: a round is the whole way of one dialog through the router, or the decision alone.
fn routing(paths: &mut Vec<Path>) {
    for operators in [10, 10_000] {
        add(paths, format!("routing/with_room/{operators}"), 1000, move |_| {
            let mut house = House::new(QueueMode::Evenly, operators, 1, 1, 1);
            (0..operators / 2).for_each(|_| house.open());
            Box::new(move || {
                house.open();
                house.finish();
            })
        });
        let operators = operators.max(100);
        add(paths, format!("routing/with_skills/{operators}"), 1000, move |_| {
            let wishes = wishes();
            let mut house = skilled(QueueMode::Evenly, operators, &wishes);
            Box::new(move || {
                house.open_wishing(Some(&wishes[house.opened as usize % wishes.len()]));
                house.finish();
            })
        });
    }
    for operators in [100, 10_000] {
        let ready = move |_| -> Walk {
            let wishes = wishes();
            let mut house = skilled(QueueMode::Evenly, operators, &wishes);
            Box::new(move || {
                let (wishes, mut placement) = (&wishes[house.opened as usize % wishes.len()], None);
                counted(&mut || placement = Some(house.decide(Some(wishes))));
                house.carry_out(placement.expect("it was decided"));
                house.finish();
            })
        };
        paths.push(Path {
            name: format!("routing/decision/{operators}"),
            rounds: 1000,
            ready: Box::new(ready),
        });
    }
    add(paths, "routing/with_backlog/1000", 1000, |_| {
        let mut house = House::new(QueueMode::Evenly, 1000, 1, 1, 1);
        (0..2000).for_each(|_| house.open());
        Box::new(move || {
            house.finish();
            house.open();
        })
    });
}

fn context() -> Context {
    let rules =
        OfferRules { mode: QueueMode::Evenly, accept: Accept::Answer, weight: 1, offer_timeout_ms: 60_000 };
    let actor = Actor { operator: operator(0), role: Role::Operator, member: true };
    Context { now: NOW, actor: Some(actor), desk: Desk::new(rules) }
}

fn open(number: usize, context: &Context) -> Vec<DialogEvent> {
    let receive = Receive::new(channel(0), client(number), QUESTION);
    receive.open(DialogId(number as u64), None, &Placement::Offered(vec![operator(0)]), context).events
}

fn begun(id: DialogId, events: &[DialogEvent]) -> Dialog {
    let (first, others) = events.split_first().expect("an opening has events");
    let mut dialog = Dialog::from_event(id, first, NOW).expect("an opening opens");
    others.iter().for_each(|event| dialog.apply(event, NOW));
    dialog
}

fn decide(command: &dyn DialogCommand, dialog: &Dialog, context: &Context) -> Vec<DialogEvent> {
    command.decide(dialog, context).expect("the operator may").events
}

/// What an operator does after the opening, with the name of each.
fn steps(dialog: DialogId) -> [(&'static str, Box<dyn DialogCommand>); 3] {
    [
        ("answer", Box::new(Answer { dialog })),
        ("reply", Box::new(WriteReply::new(dialog, REPLY))),
        ("finish", Box::new(Finish { dialog })),
    ]
}

/// Each command as its actor does it: decided, then applied.
fn commands(paths: &mut Vec<Path>) {
    add(paths, "dialog/receive", 200, |rounds| {
        let (context, mut opened) = (context(), Vec::with_capacity(rounds));
        Box::new(move || {
            let number = opened.len() + 1;
            opened.push(begun(DialogId(number as u64), &open(number, &context)));
        })
    });
    for (place, (name, _)) in steps(DIALOG).into_iter().enumerate() {
        add(paths, format!("dialog/{name}"), 200, move |rounds| {
            let context = context();
            let mut dialog = begun(DIALOG, &open(1, &context));
            for (_, step) in &steps(DIALOG)[..place] {
                decide(&**step, &dialog, &context).iter().for_each(|event| dialog.apply(event, NOW));
            }
            let (_, step) = steps(DIALOG).into_iter().nth(place).expect("it is one of the steps");
            let mut dialogs = vec![dialog; rounds].into_iter();
            let mut done = Vec::with_capacity(rounds);
            Box::new(move || {
                let mut dialog = dialogs.next().expect("there is a dialog for each round");
                let events = decide(&*step, &dialog, &context);
                events.iter().for_each(|event| dialog.apply(event, NOW));
                done.push(dialog);
            })
        });
    }
}

/// The changes of a dialog from the opening to the end, and the dialog then.
fn life(number: usize) -> (Vec<Change>, Dialog) {
    let (id, context) = (DialogId(number as u64), context());
    let mut changes = vec![open(number, &context)];
    let mut dialog = begun(id, &changes[0]);
    for (_, step) in steps(id) {
        let events = decide(&*step, &dialog, &context);
        events.iter().for_each(|event| dialog.apply(event, NOW));
        changes.push(events);
    }
    let change = |events| Change { at: NOW, events: Events::Dialog(id, events) };
    (changes.into_iter().map(change).collect(), dialog)
}

fn encoded(changes: &[Change]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    for change in changes {
        append_record(&mut bytes, RecordRef { change, key: None, standing: None });
    }
    bytes
}

/// What becomes of a whole life on its way to the disk and back: a round is a dialog.
fn storing(paths: &mut Vec<Path>) {
    add(paths, "journal/encode", 200, |_| {
        let (changes, _) = life(1);
        Box::new(move || drop(black_box(encoded(black_box(&changes)))))
    });
    add(paths, "journal/seal", 200, |_| {
        let bytes = encoded(&life(1).0);
        Box::new(move || drop(black_box(counting::sealed(black_box(&bytes), 8))))
    });
    add(paths, "journal/fold", 200, |_| {
        let frame = counting::sealed(&encoded(&life(1).0), 8);
        Box::new(move || drop(black_box(folded(black_box(&frame)))))
    });
    add(paths, "archive/image", 200, |_| {
        let (_, dialog) = life(1);
        Box::new(move || drop(black_box(encode(black_box(&dialog)))))
    });
    // Images are written many at a time, and share their words.
    for dialogs in [1, 100] {
        add(paths, format!("archive/index/{dialogs}"), 20, move |_| {
            let dialogs: Vec<Dialog> = (1..=dialogs).map(|number| life(number).1).collect();
            Box::new(move || _ = black_box(counting::index_entries(black_box(&dialogs))))
        });
    }
}

/// The dialog that a frame of its whole life makes, as recovery makes it.
fn folded(frame: &[u8]) -> Option<Dialog> {
    let mut dialog: Option<Dialog> = None;
    for record in counting::records(frame).expect("the frame is whole") {
        let Record { change, .. } = record.expect("the records are whole");
        let Events::Dialog(id, events) = change.events else { continue };
        match &mut dialog {
            None => dialog = Some(begun(id, &events)),
            Some(dialog) => events.iter().for_each(|event| dialog.apply(event, change.at)),
        }
    }
    dialog
}
