//! Strings that occur nowhere else and do not compress, and a search for them in every raw file of a data
//! directory, whatever its state, and in every entry that is stored in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::chance::Chance;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Distinctive strings, each with a word for what it stands for.
#[derive(Debug)]
pub struct Secrets {
    chance: Chance,
    made: Vec<(&'static str, String)>,
}

impl Secrets {
    /// None yet.
    pub fn new(test: &str) -> Self {
        Self { chance: Chance::of(Chance::seed(test)), made: Vec::new() }
    }

    /// A new one.
    pub fn make(&mut self, what: &'static str) -> String {
        let secret: String = (0..32).map(|_| char::from(*self.chance.one_of(LETTERS))).collect();
        self.made.push((what, secret.clone()));
        secret
    }

    /// Bytes of which no part compresses, with a secret in their middle.
    pub fn content(&mut self, what: &'static str, bytes: usize) -> Vec<u8> {
        let mut noise = |bytes: usize| (0..bytes).map(|_| self.chance.next() as u8).collect::<Vec<u8>>();
        let (before, behind) = (noise(bytes / 2), noise(bytes / 2));
        [before, self.make(what).into_bytes(), behind].concat()
    }

    /// All of them.
    pub fn all(&self) -> BTreeSet<&'static str> {
        self.made.iter().map(|(what, _)| *what).collect()
    }

    /// Which of them stand in `text`.
    pub fn told_in(&self, text: &str) -> BTreeSet<&'static str> {
        self.within(text.as_bytes())
    }

    /// Which of them stand in a file of the directory, as they are or in lower case.
    pub fn in_files(&self, directory: &Path) -> BTreeSet<&'static str> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(directory).expect("it can be read") {
            // What has gone meanwhile holds nothing.
            let Ok(bytes) = fs::read(entry.expect("it can be read").path()) else { continue };
            found.extend(self.within(&bytes));
        }
        found
    }

    /// Which of them stand in an entry of any table, uncompressed, as the directory lies there.
    pub fn in_entries(&self, directory: &Path) -> BTreeSet<&'static str> {
        let mut options = rocksdb::Options::default();
        // Whatever is to be merged is shown one behind the other.
        options.set_merge_operator_associative("all", |_, stored, values| {
            Some(stored.into_iter().chain(values).flatten().copied().collect())
        });
        let tables = rocksdb::DB::list_cf(&options, directory).expect("it is a data directory");
        let described = tables.iter().map(|table| (table, options.clone()));
        let disk = rocksdb::DB::open_cf_with_opts_for_read_only(&options, directory, described, false)
            .expect("it can be opened");
        let mut found = BTreeSet::new();
        for table in &tables {
            let handle = disk.cf_handle(table).expect("it was opened");
            for entry in disk.iterator_cf(handle, rocksdb::IteratorMode::Start) {
                let (key, value) = entry.expect("it can be read");
                found.extend(self.within(&key));
                found.extend(self.within(&value));
            }
        }
        found
    }

    fn within(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let lower = bytes.to_ascii_lowercase();
        let stands = |secret: &str| {
            contains(bytes, secret.as_bytes()) || contains(&lower, secret.to_ascii_lowercase().as_bytes())
        };
        self.made.iter().filter(|(_, secret)| stands(secret)).map(|(what, _)| *what).collect()
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    let first = wanted[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
