//! The index against a filter that looks at every dialog: whatever is written when, the same is found.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::sample::Index;

use super::{FactHash, Gathered, IndexChanges, LAST_BLOCK, dialog_at, parse_key, place_of};
use crate::domain::dialog::{Author, CloseReason, Dialog, Message, Status, Visibility};
use crate::domain::event::DialogEvent;
use crate::domain::finding::FactKind;
use crate::domain::query::ListDialogs;
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId};
use crate::storage::finding;
use crate::storage::image::DialogImage;
use crate::storage::reader::Reader;
use crate::storage::retention::Retained;
use crate::storage::rocks::{Disk, Safety};
use crate::storage::testing::scratch;
use crate::timestamp::Timestamp;

const WORDS: [&str; 6] = ["parcel", "Parma", "van", "Noon", "lost", "para"];
const NAMES: [&str; 3] = ["anna", "bea", "cid"];

/// So far apart that a few are in one block, and all are in several.
const DISTANCE: u64 = 20_000;

fn dialog(number: u64, [channel, client, owner, participant]: [usize; 4], words: &[usize]) -> Dialog {
    let (id, at) = (DialogId(number * DISTANCE + 1), Timestamp::from_millis(number as i64 * 10));
    let opened = DialogEvent::Opened {
        channel: ChannelId::new(NAMES[channel]).unwrap(),
        client: ClientId::new(NAMES[client]).unwrap(),
        client_name: None,
        previous: None,
        wishes: None,
    };
    let mut dialog = Dialog::from_event(id, &opened, at).unwrap();
    dialog.status = Status::Closed { reason: CloseReason::Finished };
    dialog.owner = Some(OperatorId::new(NAMES[owner]).unwrap());
    dialog.former_participants = vec![OperatorId::new(NAMES[participant]).unwrap()];
    let text = words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ");
    dialog.messages = vec![Message::new(MessageId::of(id, 1), Author::Client, Visibility::Public, text, at)];
    dialog
}

fn image(dialog: &Dialog, was_closed_on_disk: bool) -> Arc<DialogImage> {
    Arc::new(DialogImage {
        id: dialog.id,
        open: None,
        fingerprint: OnceLock::new(),
        fingerprint_before: 0,
        head: None,
        closed: Some(Arc::new(dialog.clone())),
        was_open_on_disk: false,
        was_closed_on_disk,
        ends: false,
        requests: Vec::new(),
        erased: None,
    })
}

/// What fits, by looking at every dialog in the plainest way.
fn naive(dialogs: &BTreeMap<DialogId, Dialog>, list: &ListDialogs) -> Vec<DialogId> {
    let begins = |dialog: &Dialog, wanted: &str| {
        dialog.messages[0].text.split(' ').any(|word| word.to_lowercase().starts_with(wanted))
    };
    let fits = |dialog: &&Dialog| {
        list.channel.as_ref().is_none_or(|channel| Some(channel) == dialog.channel.as_ref())
            && list
                .client
                .as_ref()
                .is_none_or(|wanted| dialog.client.as_ref().is_some_and(|client| *wanted == client.id))
            && list.owner.as_ref().is_none_or(|owner| Some(owner) == dialog.owner.as_ref())
            && list.participant.as_ref().is_none_or(|participant| {
                dialog.former_participants.contains(participant) && dialog.owner.as_ref() != Some(participant)
            })
            && list.since.is_none_or(|since| dialog.opened_at >= since)
            && list.until.is_none_or(|until| dialog.opened_at < until)
            && list.after.is_none_or(|after| dialog.id < after)
            && list.text.as_ref().is_none_or(|text| text.split(' ').all(|word| begins(dialog, word)))
    };
    dialogs.values().rev().filter(fits).map(|dialog| dialog.id).take(list.page()).collect()
}

#[derive(Debug, Clone)]
enum Step {
    /// One more dialog is closed.
    Close([usize; 4], Vec<usize>),
    /// A closed one changes.
    Change(Index, [usize; 4], Vec<usize>),
    /// What is announced is written.
    Write,
    /// Somebody asks.
    List(Box<ListDialogs>),
}

fn facts() -> impl Strategy<Value = ([usize; 4], Vec<usize>)> {
    (prop::array::uniform4(0..NAMES.len()), prop::collection::vec(0..WORDS.len(), 0..4))
}

fn list() -> impl Strategy<Value = ListDialogs> {
    let name = || prop::option::weighted(0.3, prop::sample::select(&NAMES[..]));
    let time = || prop::option::weighted(0.3, (0..200_i64).prop_map(Timestamp::from_millis));
    let text = prop::option::weighted(
        0.4,
        prop::sample::select(vec!["pa", "par van", "parc", "n l", "x", "parcel"]),
    );
    let page = (prop::option::of((0..20 * DISTANCE).prop_map(DialogId)), 1..6_u32);
    ([name(), name(), name(), name()], time(), time(), text, page).prop_map(
        |(names, since, until, text, page)| {
            let [channel, client, owner, participant] = names;
            ListDialogs {
                channel: channel.map(|name| ChannelId::new(name).unwrap()),
                client: client.map(|name| ClientId::new(name).unwrap()),
                owner: owner.map(|name| OperatorId::new(name).unwrap()),
                participant: participant.map(|name| OperatorId::new(name).unwrap()),
                since,
                until,
                text: text.map(str::to_owned),
                after: page.0,
                limit: Some(page.1),
                ..ListDialogs::default()
            }
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => facts().prop_map(|(facts, words)| Step::Close(facts, words)),
        2 => (any::<Index>(), facts()).prop_map(|(which, (facts, words))| Step::Change(which, facts, words)),
        2 => Just(Step::Write),
        6 => list().prop_map(|list| Step::List(Box::new(list))),
    ]
}

struct Run {
    reader: Reader,
    pending: Vec<Arc<DialogImage>>,
    dialogs: BTreeMap<DialogId, Dialog>,
    _directory: tempfile::TempDir,
}

impl Run {
    fn new() -> Self {
        let directory = scratch();
        let disk = Arc::new(Disk::open(directory.path()).unwrap());
        let reader = Reader {
            disk,
            announced: Arc::default(),
            recent_requests: Arc::default(),
            retained: Arc::default(),
            statistics: Arc::default(),
        };
        Self { reader, pending: Vec::new(), dialogs: BTreeMap::new(), _directory: directory }
    }

    fn close(&mut self, dialog: Dialog) {
        let image = image(&dialog, self.dialogs.contains_key(&dialog.id));
        self.reader.announce(&image);
        self.pending.push(image);
        self.dialogs.insert(dialog.id, dialog);
    }

    fn write(&mut self) {
        let Self { reader, pending, .. } = self;
        pending.sort_by_key(|image| image.id);
        for images in pending.chunks(3) {
            let index = IndexChanges::of(images.iter(), &reader.disk).unwrap();
            let mut facts = Gathered::default();
            for images in images.chunk_by(|one, other| one.id == other.id) {
                images
                    .last()
                    .and_then(|image| image.closed.as_ref())
                    .iter()
                    .for_each(|closed| facts.add(closed));
            }
            let written = reader.disk.write(Safety::Memory, |changes| {
                let mut value = Vec::new();
                images.iter().for_each(|image| image.put(1, &Retained::default(), &mut value, changes));
                index.put(&facts.take_sorted(), changes);
            });
            written.unwrap();
            reader.announced.written(images.iter());
        }
        pending.clear();
    }

    fn found(&self, list: &ListDialogs) -> Vec<DialogId> {
        let found = self.reader.closed_dialogs(&list.filter(), list.after, list.page()).unwrap();
        found.into_iter().map(|dialog| dialog.id).collect()
    }

    /// All that the index says.
    fn entries(&self) -> Vec<(FactHash, DialogId)> {
        let mut all = Vec::new();
        let table = crate::storage::rocks::Table::Finding;
        let visit = &mut |key: &[u8], value: &[u8]| {
            let (fact, dialogs) = finding::entries(key, value)?;
            assert!(!dialogs.is_empty(), "an empty set is not kept");
            all.extend(dialogs.into_iter().map(|dialog| (fact, dialog)));
            Ok(std::ops::ControlFlow::Continue(()))
        };
        self.reader.disk.scan(table, &[], None, visit).unwrap();
        all.sort_unstable();
        all
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_look_at_every_dialog_finds(steps in prop::collection::vec(step(), 1..60)) {
        let mut run = Run::new();
        for step in steps {
            match step {
                Step::Close(facts, words) => {
                    let number = run.dialogs.len() as u64;
                    run.close(dialog(number, facts, &words));
                }
                Step::Change(which, facts, words) if !run.dialogs.is_empty() => {
                    let number = which.index(run.dialogs.len()) as u64;
                    run.close(dialog(number, facts, &words));
                }
                Step::Change(..) => {}
                Step::Write => run.write(),
                Step::List(list) => prop_assert_eq!(run.found(&list), naive(&run.dialogs, &list), "{:?}", list),
            }
        }
        run.write();
        let mut expected: Vec<_> = run.dialogs.values().flat_map(|dialog| {
            FactHash::all_of(dialog).into_iter().map(|fact| (fact, dialog.id))
        }).collect();
        expected.sort_unstable();
        prop_assert_eq!(run.entries(), expected);
    }
}

#[test]
fn a_key_holds_the_fact_and_the_block_and_newer_blocks_come_first() {
    let fact = FactHash::of(FactKind::Owner, "anna");
    for block in [0, 1, 65_536, LAST_BLOCK] {
        assert_eq!(parse_key(&fact.key(block)).unwrap(), (fact, block));
    }
    assert!(fact.key(7) < fact.key(6));
    assert_ne!(fact, FactHash::of(FactKind::Participant, "anna"));
    assert!(parse_key(&[0; 10]).is_err() && parse_key(&[0; 12]).is_err());
}

#[test]
fn a_dialog_has_one_place() {
    for id in [1, 65_535, 65_536, crate::limits::DIALOGS] {
        let (block, place) = place_of(DialogId(id));
        assert!(block <= LAST_BLOCK);
        assert_eq!(dialog_at(block, place), DialogId(id));
    }
}
