//! Random histories: whatever happens when, what is found is what was.

use proptest::prelude::*;

use super::world::World;
use crate::ids::DialogId;
use crate::storage::testing::*;
use crate::storage::*;

#[derive(Debug, Clone)]
enum Step {
    Open { client: u64 },
    Write { dialog: prop::sample::Index },
    Close { dialog: prop::sample::Index },
    PutOperator { name: u8, capacity: u32 },
    PutChannel { weight: u32 },
    PutItem { name: u8, text: u8 },
    Tick,
    Image { dialog: prop::sample::Index },
    Checkpoint,
    Send,
    Kill,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..5_u64).prop_map(|client| Step::Open { client }),
        8 => any::<prop::sample::Index>().prop_map(|dialog| Step::Write { dialog }),
        5 => any::<prop::sample::Index>().prop_map(|dialog| Step::Close { dialog }),
        2 => (0..4_u8, any::<u32>()).prop_map(|(name, capacity)| Step::PutOperator { name, capacity }),
        1 => any::<u32>().prop_map(|weight| Step::PutChannel { weight }),
        2 => (0..4_u8, any::<u8>()).prop_map(|(name, text)| Step::PutItem { name, text }),
        1 => Just(Step::Tick),
        8 => any::<prop::sample::Index>().prop_map(|dialog| Step::Image { dialog }),
        2 => Just(Step::Checkpoint),
        6 => Just(Step::Send),
        1 => Just(Step::Kill),
        1 => Just(Step::Reopen),
    ]
}

struct Run {
    directory: tempfile::TempDir,
    running: Running,
    world: World,
    batch: Batch<Reply>,
    next_dialog: u64,
}

impl Run {
    fn new() -> Self {
        let directory = scratch();
        let running = Running::start(directory.path(), &settings());
        Self { directory, running, world: World::default(), batch: Batch::default(), next_dialog: 1 }
    }

    fn pick(&self, dialog: prop::sample::Index) -> Option<DialogId> {
        let known: Vec<DialogId> = self.world.dialogs.keys().copied().collect();
        (!known.is_empty()).then(|| *dialog.get(&known))
    }

    fn take(&mut self, step: Step) {
        let at = self.world.seq as i64;
        let change = match step {
            Step::Open { client } => {
                self.next_dialog += 1;
                of_dialog(self.next_dialog - 1, at, vec![opening(client)])
            }
            Step::Write { dialog } => {
                let Some(id) = self.pick(dialog) else { return };
                let place = self.world.dialogs[&id].thing.messages.len() as u32 + 1;
                of_dialog(id.0, at, vec![message(id.0, place)])
            }
            Step::Close { dialog } => {
                let Some(id) = self.pick(dialog) else { return };
                of_dialog(id.0, at, vec![message(id.0, 1000), closing()])
            }
            Step::PutOperator { name, capacity } => put_operator(&format!("operator {name}"), capacity, at),
            Step::PutChannel { weight } => put_channel(weight, at),
            Step::PutItem { name, text } => put_item(&format!("reply {name}"), &format!("text {text}"), at),
            Step::Tick => clock(at),
            Step::Image { dialog } => {
                let Some(id) = self.pick(dialog) else { return };
                return drop(self.world.image(id, &mut self.batch));
            }
            Step::Checkpoint => return self.world.checkpoint(&mut self.batch),
            Step::Send => return self.send(),
            Step::Kill => return self.reopen(true),
            Step::Reopen => return self.reopen(false),
        };
        self.world.record(&change, &mut self.batch);
    }

    fn send(&mut self) {
        let seq = self.running.commit_batch(std::mem::take(&mut self.batch));
        assert_eq!(seq, self.world.seq);
    }

    fn reopen(&mut self, kill: bool) {
        self.send();
        let copy = kill.then(|| self.running.killed());
        let fresh = scratch();
        let old = std::mem::replace(&mut self.running, Running::start(fresh.path(), &settings()));
        old.journal.close().unwrap();
        self.directory = copy.unwrap_or_else(|| std::mem::replace(&mut self.directory, fresh));
        let verified = verify(self.directory.path(), &mut |_, _| {}).unwrap();
        assert_eq!(verified.state_hash, self.world.state_hash());
        assert_eq!(verified.last_seq, self.world.seq);
        self.running = Running::start(self.directory.path(), &settings());
        let recovered = &self.running.recovered;
        assert_eq!((recovered.durable_seq, recovered.next_dialog), (self.world.seq, self.next_dialog));
        let found = std::mem::take(&mut self.running.found);
        let found = World::recovered(found, &self.world.archived, self.world.seq);
        assert_eq!(found.state_hash(), self.world.state_hash());
        for (id, known) in &self.world.dialogs {
            assert_eq!(&found.dialogs[id].thing, &known.thing);
        }
        let (channels, operators, _) = self.world.things();
        assert_eq!((channels, operators), (found.things().0, found.things().1));
        assert_eq!(self.world.library(), found.library());
        self.world = found;
    }
}

fn settings() -> StoreSettings {
    StoreSettings { retain_events: 5, ..quick() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_was(steps in proptest::collection::vec(step(), 1..80)) {
        let mut run = Run::new();
        steps.into_iter().for_each(|step| run.take(step));
        run.reopen(true);
        run.reopen(false);
        // Nothing of it may be open when the process ends.
        run.running.journal.close().unwrap();
    }
}
