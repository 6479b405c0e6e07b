//! Data directories as files: copies, and what can happen to them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::chance::Chance;

/// A temporary directory in memory where that is possible: thousands are made and thrown away.
pub fn scratch() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a temporary directory can be made")
}

/// Copies a data directory as it is now, as somebody would who has pulled the plug.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("it can be made");
    for file in all(from) {
        fs::copy(from.join(&file), to.join(file)).expect("it can be copied");
    }
}

/// The same where only `changed` will be changed: RocksDB removes files and makes others, but never
/// writes to those that it finds.
pub fn link(from: &Path, to: &Path, changed: &str) {
    fs::create_dir_all(to).expect("it can be made");
    for file in all(from) {
        let (old, new) = (from.join(&file), to.join(&file));
        if file == changed {
            fs::copy(old, new).expect("it can be copied");
        } else {
            fs::hard_link(old, new).expect("both are in one place");
        }
    }
}

/// The names of all files in which something is stored, in their order.
pub fn all(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("it can be read");
    let names =
        entries.map(|entry| entry.expect("it can be read").file_name().into_string().expect("a name"));
    // The lock is empty, and what RocksDB logs is for people.
    let mut names: Vec<String> = names.filter(|name| name != "LOCK" && !name.starts_with("LOG")).collect();
    names.sort();
    names
}

/// The last log.
pub fn last_log(directory: &Path) -> String {
    let logs = all(directory).into_iter().filter(|name| name.ends_with(".log"));
    logs.max().expect("there is always one")
}

/// Where the first two records of a log begin: behind checksum, length, kind and the first one's bytes.
pub fn first_records(log: &Path) -> Vec<usize> {
    let bytes = fs::read(log).expect("it can be read");
    let length = bytes.get(4..6).map_or(0, |length| u16::from_le_bytes([length[0], length[1]]));
    [0, 7 + usize::from(length)].into_iter().filter(|record| bytes.len() > record + 7).collect()
}

/// Bytes of a file.
pub fn length(path: &Path) -> usize {
    fs::metadata(path).map_or(0, |file| file.len() as usize)
}

/// What happens to a file.
#[derive(Debug, Clone, Copy)]
pub enum Harm {
    /// A bit is flipped.
    Bit(usize),
    /// A byte is another one.
    Byte(usize, u8),
    /// The record of a log that begins here is of another kind.
    Kind(usize, u8),
    /// From here on up to 512 bytes are zero.
    Zeros(usize),
    /// It ends here.
    Cut(usize),
    /// It ends here, and so many bytes of this kind follow.
    CutAndFilled(usize, usize, Filling),
    /// It is gone.
    Lost,
}

/// What stands behind the end of a file.
#[derive(Debug, Clone, Copy)]
pub enum Filling {
    Zeros,
    Noise(u64),
}

impl Harm {
    /// A harm that changes some part of a file of `length` bytes.
    pub fn any(length: usize, chance: &mut Chance) -> Self {
        match chance.below(10) {
            0 => Self::Byte(chance.below(length), chance.next() as u8 | 1),
            1 => Self::Zeros(chance.below(length)),
            _ => Self::Bit(chance.below(length * 8)),
        }
    }

    /// Does it. False if the file is as before.
    pub fn befall(self, path: &Path) -> bool {
        let before = fs::read(path).expect("it can be read");
        let mut bytes = before.clone();
        match self {
            Self::Bit(at) => bytes[at / 8] ^= 1 << (at % 8),
            Self::Byte(at, change) => bytes[at] ^= change,
            Self::Kind(at, kind) => bytes[at + 6] = kind,
            Self::Zeros(at) => bytes[at..].iter_mut().take(512).for_each(|byte| *byte = 0),
            Self::Cut(at) => bytes.truncate(at),
            Self::CutAndFilled(at, more, filling) => {
                bytes.truncate(at);
                bytes.extend(filling.bytes(more));
            }
            Self::Lost => {
                fs::remove_file(path).expect("it can be removed");
                return true;
            }
        }
        // Not in place: the file may have another name elsewhere.
        let aside: PathBuf = path.with_extension("aside");
        fs::write(&aside, &bytes).and_then(|()| fs::rename(&aside, path)).expect("it can be written");
        bytes != before
    }
}

impl Filling {
    fn bytes(self, count: usize) -> Vec<u8> {
        match self {
            Self::Zeros => vec![0; count],
            Self::Noise(seed) => {
                let mut chance = Chance::of(seed);
                (0..count).map(|_| chance.next() as u8).collect()
            }
        }
    }
}
