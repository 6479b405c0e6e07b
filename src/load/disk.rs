//! How long the disk under a folder takes to sync: no durable reply can be faster than that.
//!
//! A probe writes what a small group of commands would write behind what is there, and syncs, as a log does. It is
//! made in the folder itself, before a load test and after it, so that both meet the same disk in the same mood.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::latencies::{DIGITS, SyncTimes};

/// Bytes of one write.
const WRITE_BYTES: usize = 4096;

/// Writes of one probe.
const WRITES: u32 = 300;

/// A slow disk need not be asked as often.
const PATIENCE: Duration = Duration::from_secs(3);

/// Fewer would say nothing.
const FEWEST_WRITES: u32 = 16;

/// How long syncs of a disk took.
#[derive(Debug, Clone)]
pub struct Syncs(Histogram<u64>);

impl Default for Syncs {
    fn default() -> Self {
        Self(Histogram::new(DIGITS).expect("1 to 5 significant digits are allowed"))
    }
}

impl Syncs {
    /// Measures some hundred syncs of a new file in `folder`, which is gone afterwards.
    ///
    /// # Errors
    /// What the operating system says when the file cannot be made, written or synced.
    pub fn probe(&mut self, folder: &Path) -> io::Result<()> {
        let path = folder.join(format!("fdatasync-probe-{}", std::process::id()));
        let probed = self.write_and_sync(&path);
        let removed = fs::remove_file(&path);
        probed.and(removed)
    }

    fn write_and_sync(&mut self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create_new(true).open(path)?;
        let start = now();
        for written in 0..WRITES {
            if written >= FEWEST_WRITES && start.elapsed() > PATIENCE {
                break;
            }
            let began = now();
            file.write_all(&[0x5a; WRITE_BYTES])?;
            file.sync_data()?;
            self.record(began.elapsed());
        }
        Ok(())
    }

    /// Records how long one took.
    pub(super) fn record(&mut self, took: Duration) {
        // Fails never: the histogram grows to hold it.
        let _ = self.0.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX / 2).min(u64::MAX / 2));
    }

    /// What was measured, if anything was.
    pub fn times(&self) -> Option<SyncTimes> {
        let at = |quantile| self.0.value_at_quantile(quantile);
        (!self.0.is_empty()).then(|| SyncTimes {
            count: self.0.len(),
            p50_ns: at(0.5),
            p99_ns: at(0.99),
            max_ns: self.0.max(),
        })
    }
}

/// The wall clock is what is measured here.
#[allow(clippy::disallowed_methods)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_measures_the_disk_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut syncs = Syncs::default();
        assert_eq!(syncs.times(), None);
        syncs.probe(folder.path()).unwrap();
        syncs.probe(folder.path()).unwrap();
        let times = syncs.times().unwrap();
        assert!((u64::from(2 * FEWEST_WRITES)..=u64::from(2 * WRITES)).contains(&times.count), "{times:?}");
        assert!(
            0 < times.p50_ns && times.p50_ns <= times.p99_ns && times.p99_ns <= times.max_ns,
            "{times:?}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_cannot_be_probed() {
        let folder = tempfile::tempdir().unwrap();
        let error = Syncs::default().probe(&folder.path().join("none")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
