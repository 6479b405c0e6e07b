//! Arbitrary frames and images, folded by recovery. No engine runs.

use std::path::Path;

use crate::actors::dispatcher::Recovering;
use crate::error::Error;
use crate::storage::fuzzing::Scratch;
use crate::timestamp::Timestamp;

/// Data directories that are used before a new one is made: what was removed is passed over at each reading.
const USES: usize = 2000;

/// A data directory that is filled again and again.
#[derive(Default)]
pub struct Recoveries {
    scratch: Option<Scratch>,
    uses: usize,
    made: usize,
}

impl std::fmt::Debug for Recoveries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recoveries").field("uses", &self.uses).finish_non_exhaustive()
    }
}

impl Recoveries {
    /// Recovers what these bytes stand for. The result is an error or a state from which a router can begin.
    ///
    /// # Errors
    /// What recovery found wrong.
    ///
    /// # Panics
    /// If the scratch directory below `root` cannot be used, or recovery panics.
    pub fn recover(&mut self, bytes: &[u8], root: &Path) -> Result<(), Error> {
        if self.uses == 0 {
            self.scratch = None;
            let _ = std::fs::remove_dir_all(root.join(self.made.to_string()));
            self.made += 1;
            let made = Scratch::new(&root.join(self.made.to_string()));
            (self.scratch, self.uses) = (Some(made.expect("a directory can be made")), USES);
        }
        self.uses -= 1;
        let Some(scratch) = &mut self.scratch else { return Ok(()) };
        scratch.fill(bytes).expect("the scratch directory can be written");
        let mut recovering = Recovering::default();
        scratch.recover(&mut recovering)?;
        if let Some(error) = recovering.failure() {
            return Err(error);
        }
        begin(recovering);
        Ok(())
    }
}

/// Begins with what was found as the dispatcher does, on a clock that stands where clocks stand.
fn begin(recovering: Recovering) {
    let now = Timestamp::from_millis(1_767_225_600_000);
    let mut router = recovering.into_router();
    router.reconcile(now);
    router.keep_time(now);
    let _ = router.memory();
}
