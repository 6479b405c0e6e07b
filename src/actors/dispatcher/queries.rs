//! From a query to the actor that knows; what only the disk knows is left to whoever asked.

use std::sync::Arc;

use hashbrown::HashSet;

use super::Dispatcher;
use super::clients::no_such_channel;
use super::commands::no_such_operator;
use super::live::{Live, no_such_dialog};
use crate::actors::answer::{Answer, Pending};
use crate::actors::caller::{Caller, Outcome};
use crate::actors::dialog::ToDialog;
use crate::actors::health::{Health, HealthCheck};
use crate::actors::inbox::Ask;
use crate::actors::listing::{Listing, Wanted};
use crate::actors::operator::ToOperator;
use crate::actors::registry::ToRegistry;
use crate::domain::dialog::command::no_such_message;
use crate::domain::operator::Principal;
use crate::domain::query::{FindDialog, GetDialog, GetFile, History, HistoryOf, Query};
use crate::domain::view::{QueueState, Workload};
use crate::error::Code;
use crate::ids::{ChannelId, DialogId, OperatorId, RequestId};
use crate::routing::{Counts, Load};

impl Dispatcher {
    pub(super) fn query(&mut self, query: Query, acting: Option<Principal>, caller: Caller) {
        match query {
            Query::GetDialog(query) => self.audited(query, acting.as_ref(), caller),
            Query::FindDialog(query) => self.find_dialog(query, caller),
            Query::Unanswered(_) => self.unanswered(acting, caller),
            Query::GetOperator(query) => self.get_operator(&query.operator, caller),
            Query::GetChannel(query) => self.get_channel(query.channel, caller),
            Query::Health(_) => self.health(caller),
            Query::Stats(query) => self.stats(query, caller),
            Query::Position(query) => self.position(query.dialog, caller),
            Query::History(query) => self.history(query, caller),
            Query::Explain(query) => self.explain(query.dialog, caller),
            Query::GetFile(query) => self.get_file(query, caller),
            Query::ListRequests(query) => self.pending(Pending::Requests(query), caller),
            Query::GetRequest(query) => self.get_request(query.request, caller),
            Query::ListDialogs(list) => {
                let (filter, limit) = (list.filter(), list.page());
                self.find_dialogs(Wanted { filter, before: list.after, limit }, caller);
            }
            // What can be found by name is shared; whoever asked looks it up.
            Query::Search(_) => self.pending(Pending::Nothing, caller),
        }
    }

    /// Answers when everything that came before has been handed to the journal.
    pub(super) fn barrier(&self, caller: Caller) {
        #[cfg(feature = "fuzzing")]
        if crate::actors::checking::is_wanted() {
            self.router.check_settled();
        }
        self.pending(Pending::Nothing, caller);
    }

    fn get_dialog(&mut self, query: GetDialog, caller: Caller) {
        let dialog = query.dialog;
        if self.live.contains_key(&dialog) {
            self.tell(dialog, ToDialog::Show(Box::new(query), caller));
        } else if dialog < self.next_dialog && dialog.0 > 0 {
            self.pending(Pending::OnDisk(dialog), caller);
        } else {
            self.reject(caller, no_such_dialog());
        }
    }

    fn explain(&mut self, dialog: DialogId, caller: Caller) {
        if self.live.contains_key(&dialog) {
            self.tell(dialog, ToDialog::Explain(caller));
        } else if dialog < self.next_dialog && dialog.0 > 0 {
            self.pending(Pending::ExplainOnDisk(dialog), caller);
        } else {
            self.reject(caller, no_such_dialog());
        }
    }

    /// What a dialog was before is for supervisors; that it is not there comes first.
    fn audited(&mut self, query: GetDialog, acting: Option<&Principal>, caller: Caller) {
        let exists = query.dialog < self.next_dialog && query.dialog.0 > 0;
        match query.allow(acting) {
            Err(rejection) if exists => self.reject(caller, rejection),
            _ => self.get_dialog(query, caller),
        }
    }

    fn get_file(&mut self, query: GetFile, caller: Caller) {
        match self.home_of(query.message) {
            Ok(dialog) => self.tell(dialog, ToDialog::File(query, caller)),
            Err(rejection) if rejection.code == Code::DialogNotFound => {
                self.reject(caller, no_such_message());
            }
            Err(rejection) => self.reject(caller, rejection),
        }
    }

    fn get_request(&mut self, request: RequestId, caller: Caller) {
        let dialog = request.dialog();
        if self.live.contains_key(&dialog) {
            self.tell(dialog, ToDialog::ShowRequest(request, caller));
        } else {
            self.pending(Pending::RequestOnDisk(request), caller);
        }
    }

    fn find_dialog(&mut self, query: FindDialog, caller: Caller) {
        if self.router.rules(&query.channel).is_none() {
            return self.reject(caller, no_such_channel("channel"));
        }
        let Some(dialog) = self.last_of(&query.channel, &query.client) else {
            return self.pending(Pending::LastOf(query.channel, query.client), caller);
        };
        match self.live.get(&dialog) {
            Some(live) if live.may_end() => {
                self.hold(dialog, Ask::Query(Box::new(Query::FindDialog(query))), caller)
            }
            _ => self.get_dialog(GetDialog::whole(dialog), caller),
        }
    }

    /// Asks the client's newest dialog; what is on disk only is left to whoever asked.
    fn history(&mut self, query: History, caller: Caller) {
        let (channel, client) = match &query.of {
            HistoryOf::Client { channel, client } => (channel.clone(), client.clone()),
            HistoryOf::Dialog(dialog) => match self.live.get(dialog).map(|live| live.client.clone()) {
                Some(Some(client)) => client,
                Some(None) => return self.tell(*dialog, ToDialog::History(Box::new(query), caller)),
                None if self.exists(*dialog) => return self.pending(Pending::ClientOf(*dialog), caller),
                None => return self.reject(caller, no_such_dialog()),
            },
        };
        if self.router.rules(&channel).is_none() {
            return self.reject(caller, no_such_channel("channel"));
        }
        match self.last_of(&channel, &client) {
            None => self.pending(Pending::LastOf(channel, client), caller),
            Some(dialog) if self.live.get(&dialog).is_some_and(Live::may_end) => {
                self.hold(dialog, Ask::Query(Box::new(Query::History(query))), caller);
            }
            Some(dialog) => match self.awake(dialog) {
                Ok(_) => self.tell(dialog, ToDialog::History(Box::new(query), caller)),
                Err(rejection) => self.reject(caller, rejection),
            },
        }
    }

    fn unanswered(&mut self, acting: Option<Principal>, caller: Caller) {
        let Some(acting) = acting else { return self.reject(caller, no_such_operator("as")) };
        let dialogs = self.router.unanswered(&acting.operator);
        self.pending(Pending::Each(dialogs), caller);
    }

    fn get_operator(&mut self, operator: &OperatorId, caller: Caller) {
        let Load { held, offered, .. } = self.router.load(operator);
        let load = Workload { held, offered };
        let Some(entry) = self.entry(operator) else {
            return self.reject(caller, no_such_operator("operator"));
        };
        self.shared.activity.begin();
        entry.address.do_send(ToOperator::Show(load, caller));
        self.setting_up += 1;
    }

    fn get_channel(&mut self, channel: ChannelId, caller: Caller) {
        let Counts { waiting, offered } = self.router.counts(&channel);
        let (_, first) = self.router.waiting(Some(&channel));
        let longest_wait_ms = first.map_or(0, |first| self.now().since_ms(first));
        let counts = QueueState { waiting: waiting as u64, offered: offered as u64, longest_wait_ms };
        self.shared.activity.begin();
        self.setting_up += 1;
        self.registry.do_send(ToRegistry::Show(channel, counts, caller));
    }

    /// Asks every dialog whose state is ahead of the disk; operators and channels never are.
    fn health(&mut self, caller: Caller) {
        let ahead: Vec<DialogId> =
            self.live.iter().filter(|(_, live)| live.dirty).map(|(id, _)| *id).collect();
        let totals = self.router.totals();
        let health = Health {
            seq: 0,
            waiting: totals.waiting,
            offered: totals.offered,
            answered: totals.answered,
            dialogs: self.next_dialog.0 - 1,
            operators: self.operators.values().filter(|entry| !entry.absent).count(),
            channels: self.channels,
            state_hash: String::new(),
        };
        let closed = self.shared.reader.announced_fingerprint();
        let sent = self.shared.fingerprint.get().wrapping_add(closed);
        let check = Arc::new(HealthCheck::new(sent, ahead.len(), caller, health));
        if ahead.is_empty() {
            return check.answer(&mut self.shard.open());
        }
        for dialog in ahead {
            self.tell(dialog, ToDialog::Fingerprint(Arc::clone(&check)));
        }
    }

    /// Asks every dialog that has an actor; all that closed dialogs say is on its way to the disk.
    pub(super) fn find_dialogs(&mut self, wanted: Wanted, caller: Caller) {
        let before = wanted.before;
        let asked = |id: &DialogId| before.is_none_or(|before| *id < before);
        let dialogs: Vec<DialogId> = match wanted.filter.wants_open() {
            true => self.live.iter().map(|(id, _)| *id).filter(asked).collect(),
            false => Vec::new(),
        };
        let awake: HashSet<DialogId> = dialogs.iter().copied().collect();
        let listing = Arc::new(Listing::new(wanted, awake, caller));
        if dialogs.is_empty() {
            return listing.answer(&mut self.shard.open());
        }
        for dialog in dialogs {
            self.tell(dialog, ToDialog::List(Arc::clone(&listing)));
        }
    }

    pub(super) fn pending(&self, pending: Pending, caller: Caller) {
        self.shard.open().release(caller, Ok(Outcome::Answered(Box::new(Answer::Pending(pending)))));
    }
}
