//! Figures over a time, and places in queues: what the dispatcher says of the present, and what was counted.

use super::queries::unexpected;
use super::{Answer, Engine};
use crate::actors::answer::Counting;
use crate::domain::query::{Position, Query, Stats};
use crate::domain::statistics::{Figures, Subject, Usage};
use crate::domain::view::{OperatorStatsView, PositionView, StatsView};
use crate::error::Error;
use crate::ids::{ChannelId, DialogId, OperatorId};
use crate::storage::Window;
use crate::timestamp::Timestamp;

impl Engine {
    /// Figures of everything, or of one channel, over a time; for one operator see
    /// [`operator_stats`](Self::operator_stats).
    ///
    /// # Errors
    /// `invalid_argument`; `channel_not_found`.
    pub async fn stats(&self, stats: Stats) -> Result<StatsView, Error> {
        match self.query(Query::Stats(stats), None).await?.answer {
            Answer::Stats(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// Figures of one operator over a time.
    ///
    /// # Errors
    /// `invalid_argument`; `operator_not_found`.
    pub async fn operator_stats(
        &self,
        operator: OperatorId,
        stats: Stats,
    ) -> Result<OperatorStatsView, Error> {
        let stats = Stats { operator: Some(operator), ..stats };
        match self.query(Query::Stats(stats), None).await?.answer {
            Answer::OperatorStats(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// When a dialog's turn comes.
    ///
    /// # Errors
    /// `dialog_not_found`.
    pub async fn position(&self, dialog: DialogId) -> Result<PositionView, Error> {
        match self.query(Query::Position(Position { dialog }), None).await?.answer {
            Answer::Position(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    /// Sums what was counted up, now that all of it is durable that the dispatcher knew of.
    pub(super) fn count(&self, counting: Counting) -> Result<Answer, Error> {
        let Counting { stats, now, waiting, longest_wait_ms } = counting;
        let window = Window { since: stats.since, until: stats.until, now };
        if let Some(operator) = stats.operator.clone() {
            let usage = self.running.shared.reader.usage(&operator, &window)?;
            let figures = self.counted(&Subject::Operator(operator), &window, &stats)?;
            return Ok(Answer::OperatorStats(OperatorStatsView::of(&figures, &usage)));
        }
        let (figures, usage) = match stats.channel.clone() {
            Some(channel) => self.of_channel(channel, &window, &stats)?,
            None => self.of_all(&window, &stats)?,
        };
        Ok(Answer::Stats(StatsView::of(&figures, &usage, waiting, longest_wait_ms)))
    }

    /// How long a dialog that waits there may have to wait.
    pub(super) fn estimate(&self, waiting: Option<(u64, ChannelId)>, now: Timestamp) -> Answer {
        let reader = &self.running.shared.reader;
        let estimate =
            |(position, channel): &(u64, ChannelId)| reader.estimated_wait_ms(channel, *position, now);
        let estimated_wait_ms = waiting.as_ref().and_then(estimate);
        Answer::Position(PositionView::new(waiting.map(|(position, _)| position), estimated_wait_ms))
    }

    fn of_channel(
        &self,
        channel: ChannelId,
        window: &Window,
        stats: &Stats,
    ) -> Result<(Figures, Usage), Error> {
        let usage = self.running.shared.reader.usage_of_members(&channel, window)?;
        Ok((self.counted(&Subject::Channel(channel), window, stats)?, usage))
    }

    fn of_all(&self, window: &Window, stats: &Stats) -> Result<(Figures, Usage), Error> {
        let reader = &self.running.shared.reader;
        let (mut figures, mut usage) = (Figures::default(), Usage::default());
        for channel in reader.counted_channels() {
            figures += self.counted(&Subject::Channel(channel), window, stats)?;
        }
        for operator in reader.counted_operators() {
            usage += reader.usage(&operator, window)?;
        }
        Ok((figures, usage))
    }

    fn counted(&self, subject: &Subject, window: &Window, stats: &Stats) -> Result<Figures, Error> {
        self.running.shared.reader.figures(subject, window, stats.threshold_ms())
    }
}
