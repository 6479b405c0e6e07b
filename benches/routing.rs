//! What a routing decision costs, with nothing around it: the pure router, one thread, no disk.
//!
//! An element is the whole way of one dialog through the router: placed, answered, finished, and what
//! follows from that for others; in `decision`, the first of these steps alone.

#![expect(clippy::disallowed_methods, reason = "it measures, which takes the clock on the wall")]

mod support;

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::{Duration, Instant};

use centrala::domain::channel::{Accept, Channel, QueueMode, SkillRequirement};
use centrala::domain::dialog::Wishes;
use centrala::domain::dialog::command::Placement;
use centrala::domain::operator::{Operator, OperatorSettings, Presence};
use centrala::ids::{ChannelId, DialogId, OperatorId, SkillId};
use centrala::routing::{Directive, Fact, Memory, Router};
use centrala::timestamp::Timestamp;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use support::{channel, channel_settings, operator, size, sizes};

/// Modes that choose one.
const MODES: [QueueMode; 5] = [
    QueueMode::Evenly,
    QueueMode::Strictly,
    QueueMode::RoundRobin,
    QueueMode::LeastLoaded,
    QueueMode::MostAvailable,
];

/// A router with dialogs on their way through it.
struct House {
    router: Router,
    channels: Vec<ChannelId>,
    /// Dialogs that have an owner, the oldest first.
    answered: VecDeque<(DialogId, OperatorId)>,
    opened: u64,
    now: Timestamp,
}

impl House {
    /// Operators who are all there, spread over channels, each member of `queues` of them.
    fn new(mode: QueueMode, operators: usize, channels: usize, queues: usize, capacity: u32) -> Self {
        let mut router = Router::new(&Memory::default());
        for number in 0..operators {
            router.put_operator(&Operator {
                id: operator(number),
                settings: OperatorSettings { capacity, ..OperatorSettings::default() },
                presence: Presence::Online,
                removed: false,
            });
        }
        for number in 0..channels {
            // The members of a channel stand side by side; `queues` channels share each operator.
            let width = operators * queues / channels;
            let first = (number * operators / channels).min(operators - width);
            let settings = channel_settings(mode, Accept::Answer, first..first + width);
            router.put_channel(&Channel { id: channel(number), settings, closed_after_ms: None });
        }
        let mut house = Self {
            router,
            channels: (0..channels).map(channel).collect(),
            answered: VecDeque::new(),
            opened: 0,
            now: Timestamp::from_millis(1_000_000),
        };
        house.follow();
        house
    }

    /// A dialog opens; if somebody has room, it is answered.
    fn open(&mut self) {
        self.open_wishing(None);
    }

    /// The same, of a dialog that requires something.
    fn open_wishing(&mut self, wishes: Option<&Wishes>) {
        let placement = self.decide(wishes);
        self.carry_out(placement);
    }

    /// A dialog opens, and the router decides what becomes of it.
    fn decide(&mut self, wishes: Option<&Wishes>) -> Placement {
        self.opened += 1;
        self.now = self.now.plus_ms(1);
        let channel = &self.channels[self.opened as usize % self.channels.len()];
        black_box(self.router.place_new(DialogId(self.opened), channel, wishes, self.now))
    }

    /// What was decided on the newest dialog happens.
    fn carry_out(&mut self, placement: Placement) {
        let dialog = DialogId(self.opened);
        match placement {
            Placement::Offered(operators) => {
                self.router.arrive(dialog, &[self.offered(&operators)]);
                self.answer(dialog, operators);
            }
            _ => self.router.arrive(dialog, &[Fact::Announced]),
        }
        self.follow();
    }

    /// The dialog that was answered first is finished.
    fn finish(&mut self) {
        let Some((dialog, _)) = self.answered.pop_front() else { return };
        self.now = self.now.plus_ms(1);
        self.router.depart(dialog, None);
        self.router.arrive(dialog, &[Fact::Closed]);
        self.follow();
    }

    /// What the router wants done is done.
    fn follow(&mut self) {
        while let Some(directive) = self.router.next() {
            match directive {
                Directive::Offer { dialog, operators } => {
                    self.router.arrive(dialog, &[self.offered(&operators)]);
                    self.answer(dialog, operators);
                }
                other => self.router.arrive(other.dialog(), &[Fact::Announced]),
            }
        }
    }

    fn answer(&mut self, dialog: DialogId, operators: Vec<OperatorId>) {
        let operator = operators.into_iter().next().expect("an offer is made to somebody");
        let room = self.router.depart(dialog, Some(&operator));
        assert!(room, "an offer has reserved room");
        self.router.arrive(
            dialog,
            &[Fact::Owned { operator: operator.clone(), weight: 1, at: self.now, answered: true }],
        );
        self.answered.push_back((dialog, operator));
    }

    fn offered(&self, operators: &[OperatorId]) -> Fact {
        Fact::Offered {
            operators: operators.iter().cloned().collect(),
            deadline: Some(self.now.plus_ms(60_000)),
            weight: 1,
            alone: false,
            given: true,
        }
    }
}

/// There is room: each dialog is offered as it opens. Half of the operators are busy.
fn with_room(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_room");
    group.throughput(Throughput::Elements(1));
    for mode in MODES {
        for &operators in sizes(&[10, 1_000, 10_000]) {
            let mut house = House::new(mode, operators, 1, 1, 1);
            (0..operators / 2).for_each(|_| house.open());
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    house.open();
                    house.finish();
                });
            });
        }
    }
    group.finish();
}

/// Wishes for one of 32 skills each.
fn wishes() -> Vec<Wishes> {
    let wish = |number| Wishes { skills: vec![SkillRequirement::new(skill(number))], ..Wishes::default() };
    (0..32).map(wish).collect()
}

fn skill(number: usize) -> SkillId {
    SkillId::new(format!("skill {}", number % 32)).expect("a short name")
}

/// One queue whose dialogs require one of 32 skills, of which each operator has four. Half of the operators are
/// busy.
fn skilled(mode: QueueMode, operators: usize, wishes: &[Wishes]) -> House {
    let mut house = House::new(mode, operators, 1, 1, 2);
    for number in 0..operators {
        let skills = (0..4).map(|place| (skill(number * 7 + place * 9), 1 + number as u32 % 5));
        let settings = OperatorSettings { capacity: 2, skills: skills.collect(), ..Default::default() };
        let presence = Presence::Online;
        house.router.put_operator(&Operator { id: operator(number), settings, presence, removed: false });
    }
    (0..operators).for_each(|number| house.open_wishing(Some(&wishes[number % 32])));
    house
}

/// The whole way of a dialog that requires a skill.
fn with_skills(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_skills");
    group.throughput(Throughput::Elements(1));
    let wishes = wishes();
    for mode in [QueueMode::Evenly, QueueMode::LeastLoaded] {
        for &operators in sizes(&[100, 1_000, 10_000, 100_000]) {
            let mut house = skilled(mode, operators, &wishes);
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    house.open_wishing(Some(&wishes[house.opened as usize % 32]));
                    house.finish();
                });
            });
        }
    }
    group.finish();
}

/// The decision alone: whom a dialog that requires a skill is offered to, with the record of why.
fn decision(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/decision");
    let wishes = wishes();
    for mode in [QueueMode::Evenly, QueueMode::LeastLoaded] {
        for &operators in sizes(&[100, 1_000, 10_000, 100_000]) {
            let mut house = skilled(mode, operators, &wishes);
            let id = BenchmarkId::new(format!("{mode:?}").to_lowercase(), operators);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|decisions| {
                    let mut took = Duration::ZERO;
                    for _ in 0..decisions {
                        let begun = Instant::now();
                        let placement = house.decide(Some(&wishes[house.opened as usize % 32]));
                        took += begun.elapsed();
                        house.carry_out(placement);
                        house.finish();
                    }
                    took
                });
            });
        }
    }
    group.finish();
}

/// So many dialogs wait in a thousand channels; each operator is a member of ten of them.
fn many_waiting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/many_waiting");
    group.throughput(Throughput::Elements(1));
    let channels = size(1_000, 10);
    for &waiting in sizes(&[1_000, 10_000, 100_000, 1_000_000]) {
        let operators = channels * 5;
        let mut house = House::new(QueueMode::Evenly, operators, channels, 10, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", waiting), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

/// Everybody is busy and dialogs wait: each one that is finished makes room for the first of the queue.
fn with_backlog(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/with_backlog");
    group.throughput(Throughput::Elements(1));
    let waiting = size(10_000, 100);
    for &operators in sizes(&[10, 1_000, 10_000]) {
        let mut house = House::new(QueueMode::Evenly, operators, 1, 1, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", operators), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

/// Every operator is a member of ten queues, all with a backlog: who becomes free gets the dialog that
/// waits longest in any of them.
fn many_channels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing/many_channels");
    group.throughput(Throughput::Elements(1));
    let waiting = size(10_000, 100);
    for &channels in sizes(&[20, 200, 2_000]) {
        let operators = channels * 5;
        let mut house = House::new(QueueMode::Evenly, operators, channels, 10, 1);
        (0..operators + waiting).for_each(|_| house.open());
        group.bench_function(BenchmarkId::new("evenly", channels), |bencher| {
            bencher.iter(|| {
                house.finish();
                house.open();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, with_room, with_skills, decision, with_backlog, many_waiting, many_channels);
criterion_main!(benches);
