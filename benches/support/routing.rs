//! The pure router with nothing around it: operators, channels, and dialogs on their way through it.

use std::collections::VecDeque;
use std::hint::black_box;

use centrala::domain::channel::{Accept, Channel, QueueMode, SkillRequirement};
use centrala::domain::dialog::Wishes;
use centrala::domain::dialog::command::Placement;
use centrala::domain::operator::{Operator, OperatorSettings, Presence};
use centrala::ids::{ChannelId, DialogId, OperatorId, SkillId};
use centrala::routing::{Directive, Fact, Memory, Router};
use centrala::timestamp::Timestamp;

use super::{channel, channel_settings, operator};

/// A router with dialogs on their way through it.
pub struct House {
    router: Router,
    channels: Vec<ChannelId>,
    /// Dialogs that have an owner, the oldest first.
    answered: VecDeque<(DialogId, OperatorId)>,
    pub opened: u64,
    now: Timestamp,
}

impl House {
    /// Operators who are all there, spread over channels, each member of `queues` of them.
    pub fn new(mode: QueueMode, operators: usize, channels: usize, queues: usize, capacity: u32) -> Self {
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
    pub fn open(&mut self) {
        self.open_wishing(None);
    }

    /// The same, of a dialog that requires something.
    pub fn open_wishing(&mut self, wishes: Option<&Wishes>) {
        let placement = self.decide(wishes);
        self.carry_out(placement);
    }

    /// A dialog opens, and the router decides what becomes of it.
    pub fn decide(&mut self, wishes: Option<&Wishes>) -> Placement {
        self.opened += 1;
        self.now = self.now.plus_ms(1);
        let channel = &self.channels[self.opened as usize % self.channels.len()];
        black_box(self.router.place_new(DialogId(self.opened), channel, wishes, self.now))
    }

    /// What was decided on the newest dialog happens.
    pub fn carry_out(&mut self, placement: Placement) {
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
    pub fn finish(&mut self) {
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

/// Wishes for one of 32 skills each.
pub fn wishes() -> Vec<Wishes> {
    let wish = |number| Wishes { skills: vec![SkillRequirement::new(skill(number))], ..Wishes::default() };
    (0..32).map(wish).collect()
}

fn skill(number: usize) -> SkillId {
    SkillId::new(format!("skill {}", number % 32)).expect("a short name")
}

/// One queue whose dialogs require one of 32 skills, of which each operator has four. Half of the operators are
/// busy.
pub fn skilled(mode: QueueMode, operators: usize, wishes: &[Wishes]) -> House {
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
