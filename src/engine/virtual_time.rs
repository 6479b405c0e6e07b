//! Virtual time: moving the clock, and scripts that drive the engine from inside.

use std::any::Any;

use tokio::sync::{mpsc, oneshot};

use super::{Advance, Engine, Script};
use crate::actors::pilot::Flight;
use crate::error::{Error, Rejection};
use crate::timestamp::Timestamp;

impl Engine {
    /// The engine's present moment.
    pub fn now(&self) -> Timestamp {
        self.running.shared.clock.now()
    }

    /// Moves a virtual clock. Every timer that falls due on the way fires, in order of deadline;
    /// tells where the clock then stands.
    ///
    /// # Errors
    /// `invalid_argument` if the engine runs on the system's clock, or if that would be after the year 9000.
    pub async fn advance(&self, advance: Advance) -> Result<Timestamp, Error> {
        let (done, landed) = oneshot::channel();
        self.take_off(Flight::Advance(advance, done))?;
        let now = landed.await.map_err(|_| self.running.lost())??;
        self.settle().await?;
        Ok(now)
    }

    /// Runs a script to its end on virtual time, and gives it back with all that it gathered.
    ///
    /// # Errors
    /// `invalid_argument` if the engine runs on the system's clock; [`Error::StorageFailed`] if
    /// it stopped on the way.
    pub async fn run_script<S: Script>(&self, script: S) -> Result<S, Error> {
        let (done, landed) = oneshot::channel();
        self.take_off(Flight::Run(Box::new(script), done))?;
        let script: Box<dyn Any> = landed.await.map_err(|_| self.running.lost())?;
        self.settle().await?;
        script.downcast().map(|script| *script).map_err(|_| Error::Closed)
    }

    fn take_off(&self, flight: Flight) -> Result<(), Error> {
        if let Some(error) = self.running.refusal() {
            return Err(error);
        }
        let flights: &mpsc::UnboundedSender<Flight> = self.running.flights.as_ref().ok_or_else(|| {
            Rejection::invalid("do", "this engine runs on the system's clock, which nobody can move")
        })?;
        flights.send(flight).map_err(|_| self.running.lost())
    }
}
