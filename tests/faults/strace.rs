//! Calls of a process that fail, or in which it dies, by strace. Knows nothing of what is stored.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Every call by which a data directory is read or changed, with the errors that it may end with.
pub const CALLS: [(&str, &[&str]); 15] = [
    ("write", &["EIO", "ENOSPC"]),
    ("pwrite64", &["EIO", "ENOSPC"]),
    ("fsync", &["EIO", "ENOSPC"]),
    ("fdatasync", &["EIO", "ENOSPC"]),
    ("sync_file_range", &["EIO"]),
    ("rename", &["EIO", "ENOSPC"]),
    ("openat", &["EIO", "ENOSPC"]),
    ("mkdir", &["EIO", "ENOSPC"]),
    ("ftruncate", &["EIO", "ENOSPC"]),
    ("fallocate", &["EIO", "ENOSPC"]),
    ("unlink", &["EIO"]),
    ("read", &["EIO"]),
    ("pread64", &["EIO"]),
    ("getdents64", &["EIO"]),
    ("newfstatat", &["EIO"]),
];

/// Numbers of files that a workload uses at most.
const FILES: usize = 250;

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails with this error, and is not made.
    Error(&'static str),
    /// The process is killed before it is made.
    Kill,
}

/// The place of a fault: the `nth` call of this name, counted from 1.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub call: &'static str,
    pub nth: usize,
    pub fault: Fault,
}

/// What is done with the calls of a process.
#[derive(Debug, Clone, Copy)]
pub enum Watch {
    /// All are counted.
    Count,
    /// One is struck.
    Strike(Point),
}

impl Watch {
    fn arguments(&self) -> Vec<String> {
        let Self::Strike(Point { call, nth, fault }) = self else {
            return vec![format!("--trace={}", CALLS.map(|(call, _)| call).join(","))];
        };
        let injection = match fault {
            Fault::Error(error) => format!("--inject={call}:error={error}:when={nth}"),
            Fault::Kill => format!("--inject={call}:signal=KILL:when={nth}"),
        };
        vec![format!("--trace={call}"), injection]
    }
}

impl Point {
    /// Whether a call was struck, as strace tells it.
    pub fn struck(&self, told: &Path) -> bool {
        let told = fs::read_to_string(told).unwrap_or_default();
        match self.fault {
            Fault::Error(_) => told.contains("(INJECTED)"),
            Fault::Kill => told.contains("killed by SIGKILL"),
        }
    }
}

/// Whether strace is here and may trace. Says so if not.
pub fn is_there() -> bool {
    let tried = Command::new("strace").args(["-o", "/dev/null", "true"]).output();
    let there = tried.is_ok_and(|output| output.status.success());
    if !there {
        println!("skipped: strace is missing or may not trace; install it, or run as a user who may trace");
    }
    there
}

/// The program and arguments that run a process and watch its main thread.
pub fn around(watch: &Watch, data: &Path, told: &Path) -> Vec<String> {
    ["strace".to_owned()].into_iter().chain(arguments(watch, data, told)).collect()
}

/// A thread of a running process that is watched.
pub struct Attached(Child);

impl Attached {
    /// Watches the first thread of this name.
    pub fn to(process: u32, thread: &str, watch: &Watch, data: &Path, told: &Path) -> Self {
        let id = thread_id(process, thread);
        let mut child = Command::new("strace")
            .args(arguments(watch, data, told))
            .args(["-p", &id.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was there");
        let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says what it does");
        assert!(line.contains("attached"), "{line}");
        Self(child)
    }

    /// Waits until the thread has ended.
    pub fn ended(mut self) {
        self.0.wait().expect("it can be waited for");
    }
}

/// The number of a thread, which may still have to start.
fn thread_id(process: u32, name: &str) -> u32 {
    let (_never, moment) = mpsc::channel::<()>();
    loop {
        let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it is alive");
        let mut threads: Vec<PathBuf> = threads.map(|entry| entry.expect("it is alive").path()).collect();
        threads.sort();
        let named = |path: &PathBuf| {
            fs::read_to_string(path.join("comm")).is_ok_and(|found| found.trim_end() == name)
        };
        if let Some(found) = threads.iter().find(|path| named(path)) {
            let number = found.file_name().and_then(|number| number.to_str());
            return number.and_then(|number| number.parse().ok()).expect("it is a number");
        }
        let _ = moment.recv_timeout(Duration::from_millis(1));
    }
}

/// Watches what is done to the data directory and to nothing else. The texts that RocksDB keeps for
/// people (`LOG`) are left out: nobody reads them back.
fn arguments(watch: &Watch, data: &Path, told: &Path) -> Vec<String> {
    let mut arguments = vec!["-y".to_owned(), "-o".to_owned(), told.display().to_string()];
    arguments.extend(watch.arguments());
    let numbered = (0..FILES).flat_map(|number| {
        [
            format!("{number:06}.log"),
            format!("{number:06}.sst"),
            format!("{number:06}.dbtmp"),
            format!("MANIFEST-{number:06}"),
            format!("OPTIONS-{number:06}"),
            format!("OPTIONS-{number:06}.dbtmp"),
        ]
    });
    let named = ["CURRENT", "IDENTITY", "LOCK", "MARK", "MARK.dbtmp"].map(str::to_owned);
    let files = named.into_iter().chain(numbered).map(|name| data.join(name).display().to_string());
    for path in files.chain([data.display().to_string()]) {
        arguments.extend(["-P".to_owned(), path]);
    }
    arguments
}
