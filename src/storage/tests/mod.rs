//! Storage as a whole, with a real RocksDB in a directory of its own.

mod damage;
mod export;
mod feeds;
mod files;
mod foreign;
mod heads;
mod history;
mod journal;
mod reopen;
mod world;
