//! What can be searched for by name, folded once: kept up by the actors whose things they are, read by
//! whoever searches. Dialogs are not here.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use crate::domain::channel::Channel;
use crate::domain::fold;
use crate::domain::library::Item;
use crate::domain::operator::Operator;
use crate::domain::query::{Entry, Search, SearchKind};
use crate::domain::view::SearchResult;
use crate::ids::{CannedId, ChannelId, FormId, OperatorId};

/// Operators, channels, forms and canned replies.
#[derive(Debug, Default)]
pub struct Directory(RwLock<Listed>);

#[derive(Debug, Default)]
struct Listed {
    operators: BTreeMap<OperatorId, Entry>,
    channels: BTreeMap<ChannelId, Entry>,
    forms: BTreeMap<FormId, Entry>,
    canned: BTreeMap<CannedId, Entry>,
}

impl Directory {
    /// An operator is like this now.
    pub fn put_operator(&self, operator: &Operator) {
        let mut listed = self.changing();
        match operator.removed {
            true => drop(listed.operators.remove(&operator.id)),
            false => {
                let entry = Entry::new(operator.id.as_str(), &operator.settings.name);
                listed.operators.insert(operator.id.clone(), entry);
            }
        }
    }

    /// A channel is like this now.
    pub fn put_channel(&self, channel: &Channel) {
        let entry = Entry::new(channel.id.as_str(), &channel.settings.name);
        self.changing().channels.insert(channel.id.clone(), entry);
    }

    /// A thing of the library is like this now.
    pub fn put_item(&self, item: &Item) {
        let mut listed = self.changing();
        match item {
            Item::Form(form) => {
                listed.forms.insert(form.id.clone(), Entry::new(form.id.as_str(), &form.name));
            }
            Item::Canned(reply) => {
                let entry = Entry::new(reply.id.as_str(), reply.id.as_str());
                listed.canned.insert(reply.id.clone(), entry.with_text(&reply.text, reply.owner.clone()));
            }
            Item::App(_) => {}
        }
    }

    /// What fits, the best first. Of dialogs it knows none.
    pub fn search(&self, search: &Search, actor: Option<&OperatorId>) -> Vec<SearchResult> {
        let listed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match search.kind {
            SearchKind::Operator => best(&listed.operators, search, actor, |operator, entry| {
                SearchResult::Operator { operator, name: entry.name.clone() }
            }),
            SearchKind::Channel => best(&listed.channels, search, actor, |channel, entry| {
                SearchResult::Channel { channel, name: entry.name.clone() }
            }),
            SearchKind::Form => best(&listed.forms, search, actor, |form, entry| SearchResult::Form {
                form,
                name: entry.name.clone(),
            }),
            SearchKind::Canned => best(&listed.canned, search, actor, |canned, entry| {
                let text = entry.text.clone().unwrap_or_default();
                SearchResult::Canned { canned, name: entry.name.clone(), text }
            }),
            SearchKind::Dialog => Vec::new(),
        }
    }

    fn changing(&self) -> RwLockWriteGuard<'_, Listed> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn best<Id: Ord + Clone>(
    entries: &BTreeMap<Id, Entry>,
    search: &Search,
    actor: Option<&OperatorId>,
    show: impl Fn(Id, &Entry) -> SearchResult,
) -> Vec<SearchResult> {
    let words = fold::words(&search.text);
    let visible = entries.iter().filter(|(_, entry)| entry.is_for(actor));
    let mut found: Vec<_> =
        visible.filter_map(|(id, entry)| Some((entry.fit(&words)?, &entry.name, id, entry))).collect();
    found.sort_by_key(|(fit, name, id, _)| (*fit, *name, *id));
    found.into_iter().take(search.page()).map(|(_, _, id, entry)| show(id.clone(), entry)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::library::{PutCannedReply, PutForm};
    use crate::domain::operator::{OperatorSettings, Presence};

    fn operator(id: &str, name: &str) -> Operator {
        let settings = OperatorSettings { name: name.into(), ..OperatorSettings::default() };
        let id = OperatorId::new(id).unwrap();
        Operator { id, settings, presence: Presence::Offline, removed: false }
    }

    fn ids(directory: &Directory, kind: SearchKind, text: &str, actor: Option<&str>) -> Vec<String> {
        let actor = actor.map(|actor| OperatorId::new(actor).unwrap());
        let found = directory.search(&Search::new(kind, text), actor.as_ref());
        found
            .into_iter()
            .map(|result| serde_json::to_value(result).unwrap())
            .map(|result| {
                let id = result
                    .as_object()
                    .unwrap()
                    .iter()
                    .find(|(field, _)| *field != "name" && *field != "text");
                id.unwrap().1.as_str().unwrap().to_owned()
            })
            .collect()
    }

    #[test]
    fn the_best_come_first_and_the_removed_not_at_all() {
        let directory = Directory::default();
        let all = [("o3", "Jan Żółw"), ("o2", "Zolwik"), ("o1", "Żółw"), ("o4", "Słoń")];
        all.iter().for_each(|(id, name)| directory.put_operator(&operator(id, name)));
        assert_eq!(ids(&directory, SearchKind::Operator, "zolw", None), ["o1", "o2", "o3"]);
        directory.put_operator(&Operator { removed: true, ..operator("o2", "Zolwik") });
        assert_eq!(ids(&directory, SearchKind::Operator, "ŻÓŁW", None), ["o1", "o3"]);
    }

    #[test]
    fn things_of_the_library_are_found_by_kind_and_by_who_may() {
        let directory = Directory::default();
        let mut own = PutCannedReply::new(CannedId::new("own").unwrap(), "Dobrego dnia").reply;
        own.owner = Some(OperatorId::new("anna").unwrap());
        directory.put_item(&Item::Canned(own));
        let all = PutCannedReply::new(CannedId::new("all").unwrap(), "Dobry wieczór").reply;
        directory.put_item(&Item::Canned(all));
        directory.put_item(&Item::Form(PutForm::new(FormId::new("dob").unwrap(), "Data").form));
        assert_eq!(ids(&directory, SearchKind::Canned, "dob", Some("anna")), ["all", "own"]);
        assert_eq!(ids(&directory, SearchKind::Canned, "dob", Some("bea")), ["all"]);
        assert_eq!(ids(&directory, SearchKind::Form, "dob", Some("bea")), ["dob"]);
    }
}
