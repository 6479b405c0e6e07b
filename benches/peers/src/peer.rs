//! One run of one peer: from an empty router to an empty router, with the judge in between. What a peer does is in
//! its own module.

use crate::Failure;
use crate::centrala::Centrala;
use crate::judge::{Record, judge};
use crate::lives::{Workload, live};
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::table::Figures;

/// Who is measured.
pub enum Peer {
    Postgres(Postgres),
    Redis(Redis),
    Centrala(Centrala),
}

impl Peer {
    /// Its name and version, and how it is reached.
    pub async fn name(&self) -> Result<String, Failure> {
        match self {
            Self::Postgres(postgres) => postgres.name().await,
            Self::Redis(redis) => redis.name().await,
            Self::Centrala(centrala) => centrala.name(),
        }
    }

    /// Shows that a router that was made for this comparison routes: far more comes than can be held at once.
    /// Centrala has tests of its own for that.
    pub async fn trial(&self) -> Result<(), Failure> {
        if matches!(self, Self::Centrala(_)) {
            return Ok(());
        }
        let (_, waited) = self.run(&Workload::trial()).await?;
        if waited == 0 {
            return Err(
                format!("{}: nobody has waited, although there was no room", self.name().await?).into()
            );
        }
        Ok(())
    }

    /// What one run came to, and how many dialogs had to wait in it.
    pub async fn run(&self, workload: &Workload) -> Result<(Figures, usize), Failure> {
        self.clear().await?;
        let (figures, record) = self.live(workload).await?;
        self.clear().await?;
        match judge(&record, workload) {
            Ok(waited) => Ok((figures, waited)),
            Err(complaint) => Err(format!("{}: {complaint}", self.name().await?).into()),
        }
    }

    async fn live(&self, workload: &Workload) -> Result<(Figures, Record), Failure> {
        Ok(match self {
            Self::Postgres(postgres) => {
                postgres.set_up(workload).await?;
                let lived = live(&postgres.routers().await?, workload).await?;
                (Figures::of(&lived), postgres.record().await?)
            }
            Self::Redis(redis) => {
                redis.set_up(workload).await?;
                let lived = live(&redis.routers().await?, workload).await?;
                (Figures::of(&lived), redis.record(workload).await?)
            }
            Self::Centrala(centrala) => (centrala.live(workload)?, centrala.record()?),
        })
    }

    async fn clear(&self) -> Result<(), Failure> {
        match self {
            Self::Postgres(postgres) => postgres.clear().await,
            Self::Redis(redis) => redis.clear().await,
            Self::Centrala(centrala) => centrala.clear(),
        }
    }
}
