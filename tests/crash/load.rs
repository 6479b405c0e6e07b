//! Commands of many clients at once, as many as fit. Knows no replies.

use std::collections::VecDeque;

use crate::chance::Chance;
use crate::client::Client;
use crate::oracle::{Oracle, Whose};
use crate::process::Process;

/// How much is under way.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Commands at most.
    pub window: usize,
    /// Clients that write at the same time.
    pub clients: usize,
    /// The longest text.
    pub text_chars: usize,
}

impl Load {
    /// Sends commands until no more fit, and notes whose they are. How many it were is returned.
    pub fn send(
        &self,
        process: &mut Process,
        oracle: &mut Oracle,
        chance: &mut Chance,
        under_way: &mut VecDeque<Whose>,
    ) -> usize {
        let before = under_way.len();
        // An extra one goes beyond the window.
        let free = self.window.saturating_sub(process.in_flight());
        // Not every client has something to send now, so some attempts are in vain.
        for _ in 0..free {
            if chance.below(1000) == 0 {
                process.send(oracle.next_extra());
                under_way.push_back(Whose::Extra(oracle.extras.len() - 1));
            }
            let client = self.somebody(oracle, chance);
            if let Some(request) = oracle.next(client, chance) {
                process.send(request);
                under_way.push_back(Whose::Client(client));
            }
        }
        under_way.len() - before
    }

    /// One of the youngest clients; whoever has written enough makes room for a new one.
    fn somebody(&self, oracle: &mut Oracle, chance: &mut Chance) -> usize {
        let all = oracle.clients.len();
        let client = all.saturating_sub(self.clients) + chance.below(self.clients);
        if oracle.clients.get(client).is_some_and(|client| !client.is_old()) {
            return client;
        }
        oracle.clients.push(Client::new(format!("client {all}"), self.text_chars));
        all
    }
}
