//! The workload: whole lives of dialogs, many at once, each with four commands. The numbers and texts are those of
//! `centrala load`. What answers the commands is not known here.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use hdrhistogram::Histogram;
use tokio::sync::oneshot;

use crate::Failure;

/// What clients write.
pub const QUESTION: &str = "Good morning, my card was declined yesterday. Can you help?";

/// What operators write.
pub const REPLY: &str = "Good morning! I have unlocked it, please try once more.";

/// Commands of a life: receive, answer, reply, finish.
pub const COMMANDS: usize = 4;

/// How many dialogs, and between whom. There are as many channels as operators.
#[derive(Debug, Clone)]
pub struct Workload {
    pub dialogs: u64,
    /// Dialogs under way at once; the next begins when one ends.
    pub in_flight: u32,
    pub operators: u32,
    /// Dialogs that an operator may hold at once.
    pub capacity: u32,
    /// Operators of one channel.
    pub team: u32,
}

impl Workload {
    /// What is measured: the defaults of `centrala load`, where every operator has a channel of its own.
    pub fn measured(dialogs: u64) -> Self {
        Self { dialogs, in_flight: 4_096, operators: 1_000, capacity: 1_000_000_000, team: 1 }
    }

    /// What shows that a router routes: teams that overlap, and far more dialogs than they can hold.
    pub fn trial() -> Self {
        Self { dialogs: 1_500, in_flight: 150, operators: 20, capacity: 3, team: 4 }
    }

    /// Who answers in a channel.
    pub fn team_of(&self, channel: u32) -> impl Iterator<Item = u32> {
        let operators = self.operators;
        (0..self.team).map(move |place| (channel + place) % operators)
    }

    /// Where an operator answers.
    pub fn channels_of(&self, operator: u32) -> impl Iterator<Item = u32> {
        let operators = self.operators;
        (0..self.team).map(move |place| (operator + operators - place) % operators)
    }
}

/// A connection to something that routes dialogs. A reply means that its change is on the disk.
pub trait Router {
    /// Opens a dialog; the operator to whom it is offered, unless it waits.
    async fn receive(
        &self,
        channel: u32,
        client: &str,
        text: &'static str,
    ) -> Result<(u64, Option<u32>), Failure>;
    /// Makes the operator its owner.
    async fn answer(&self, dialog: u64, operator: u32) -> Result<(), Failure>;
    /// Writes to the client.
    async fn reply(&self, dialog: u64, operator: u32, text: &'static str) -> Result<(), Failure>;
    /// Closes it; the dialog that had waited and is offered to the operator now, if one had.
    async fn finish(&self, dialog: u64, operator: u32) -> Result<Option<u64>, Failure>;
}

/// What was measured.
#[derive(Debug)]
pub struct Lived {
    pub wall: Duration,
    /// Nanoseconds that each of the four commands took.
    pub commands: [Histogram<u64>; COMMANDS],
}

/// Lives through all dialogs. Each connection has its share of those under way, and of all.
pub async fn live<R: Router>(routers: &[R], workload: &Workload) -> Result<Lived, Failure> {
    let commands = [(); COMMANDS].map(|()| Histogram::new(3).expect("three digits are allowed"));
    let commands = RefCell::new(commands);
    let offers = Offers::default();
    let start = now();
    try_join_all((0..).zip(routers).map(|(number, router)| {
        let desk = Desk { router, offers: &offers, commands: &commands };
        desk.work(workload, number, routers.len() as u64)
    }))
    .await?;
    Ok(Lived { wall: start.elapsed(), commands: commands.into_inner() })
}

/// Everything that the lives on one connection share.
struct Desk<'a, R> {
    router: &'a R,
    offers: &'a Offers,
    commands: &'a RefCell<[Histogram<u64>; COMMANDS]>,
}

impl<R: Router> Desk<'_, R> {
    /// Every so-manieth dialog, beginning with one.
    async fn work(self, workload: &Workload, first: u64, step: u64) -> Result<(), Failure> {
        let share = u64::from(workload.in_flight) / step;
        let mut numbers = (first..workload.dialogs).step_by(step as usize);
        let mut under_way = FuturesUnordered::new();
        under_way.extend(numbers.by_ref().take(share.max(1) as usize).map(|it| self.life(workload, it)));
        while let Some(ended) = under_way.next().await {
            ended?;
            under_way.extend(numbers.next().map(|number| self.life(workload, number)));
        }
        Ok(())
    }

    async fn life(&self, workload: &Workload, number: u64) -> Result<(), Failure> {
        let channel = (number % u64::from(workload.operators)) as u32;
        let client = format!("client-{number}");
        let began = now();
        let (dialog, offered) = self.router.receive(channel, &client, QUESTION).await?;
        let mut last = self.took(0, began);
        let operator = match offered {
            Some(operator) => operator,
            None => {
                let operator = self.offers.of(dialog).await?;
                last = now();
                operator
            }
        };
        self.router.answer(dialog, operator).await?;
        let last = self.took(1, last);
        self.router.reply(dialog, operator, REPLY).await?;
        let last = self.took(2, last);
        let next = self.router.finish(dialog, operator).await?;
        self.took(3, last);
        if let Some(next) = next {
            self.offers.make(next, operator);
        }
        Ok(())
    }

    fn took(&self, command: usize, since: Instant) -> Instant {
        let moment = now();
        let took = moment.saturating_duration_since(since).as_nanos() as u64;
        // Fails never: the histogram grows to hold it.
        let _ = self.commands.borrow_mut()[command].record(took);
        moment
    }
}

/// Offers of dialogs that had waited. They come with the end of another dialog, sometimes before the reply that
/// says that there is something to wait for.
#[derive(Default)]
struct Offers {
    made: RefCell<HashMap<u64, u32>>,
    awaited: RefCell<HashMap<u64, oneshot::Sender<u32>>>,
}

impl Offers {
    async fn of(&self, dialog: u64) -> Result<u32, Failure> {
        if let Some(operator) = self.made.borrow_mut().remove(&dialog) {
            return Ok(operator);
        }
        let (sender, receiver) = oneshot::channel();
        self.awaited.borrow_mut().insert(dialog, sender);
        Ok(receiver.await?)
    }

    fn make(&self, dialog: u64, operator: u32) {
        match self.awaited.borrow_mut().remove(&dialog) {
            // Whoever waited is gone only if the whole run has failed.
            Some(sender) => drop(sender.send(operator)),
            None => drop(self.made.borrow_mut().insert(dialog, operator)),
        }
    }
}

/// The wall clock is what is measured here.
#[allow(clippy::disallowed_methods)]
pub fn now() -> Instant {
    Instant::now()
}
