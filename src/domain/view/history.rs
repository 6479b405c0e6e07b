//! A client's history: pages of what was written in all their dialogs.
//!
//! Dialogs are added from the newest back to where the page begins, each read once, and what
//! cannot be on the page any more is forgotten on the way. Ids of messages rise with time from
//! dialog to dialog, so their order is that of the history, also of one that was moved to a later
//! dialog: it stands where it was written.

use std::collections::VecDeque;

use serde::Serialize;

use super::View;
use super::message::{ClientMessageView, EmployeeMessageView};
use crate::domain::dialog::command::internal;
use crate::domain::dialog::{Dialog, Message};
use crate::domain::query::History;
use crate::error::Rejection;
use crate::ids::{DialogId, MessageId, OperatorId};

/// A page of a client's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HistoryView {
    /// What was written, the oldest first.
    pub messages: Vec<MessageView>,
    /// Where the next page begins: after this message; nothing at the end.
    pub next: Option<MessageId>,
}

/// A message as somebody sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MessageView {
    /// As employees do.
    Employee(Box<EmployeeMessageView>),
    /// As the client does.
    Client(Box<ClientMessageView>),
}

impl MessageView {
    /// The id of the message.
    pub fn id(&self) -> MessageId {
        match self {
            Self::Employee(view) => view.message,
            Self::Client(view) => view.message,
        }
    }

    fn of(
        message: &Message,
        dialog: &Dialog,
        view: View,
        name_of: impl Fn(&OperatorId) -> Option<String>,
    ) -> Option<Self> {
        match view {
            View::Employee => Some(Self::Employee(Box::new(EmployeeMessageView::of(message, dialog, false)))),
            View::Client => {
                ClientMessageView::of(message, dialog.id, name_of).map(|view| Self::Client(Box::new(view)))
            }
        }
    }
}

/// What one dialog gives to a page.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPart {
    /// The dialog.
    dialog: DialogId,
    /// The client's dialog before.
    previous: Option<DialogId>,
    /// What may be seen of it and belongs on the page or behind it: more than fit on it, if there
    /// are so many.
    messages: Vec<MessageView>,
}

impl HistoryPart {
    /// The part of `dialog`; `name_of` knows the operators' names.
    ///
    /// # Errors
    /// `dialog_internal`: there is no client who could see it.
    pub fn of(
        dialog: &Dialog,
        query: &History,
        name_of: impl Fn(&OperatorId) -> Option<String>,
    ) -> Result<Self, Rejection> {
        if query.view == View::Client && dialog.is_internal() {
            return Err(internal());
        }
        if dialog.is_erased() {
            // Whatever came before was erased as well.
            return Ok(Self { dialog: dialog.id, previous: None, messages: Vec::new() });
        }
        let seen = |message: &&Message| query.after.is_some_and(|after| message.id <= after);
        let shown = dialog.messages.iter().skip_while(seen);
        let shown = shown.filter_map(|message| MessageView::of(message, dialog, query.view, &name_of));
        // One may be there that was moved here and belongs further to the front.
        let messages = shown.take(query.page() + 2).collect();
        Ok(Self { dialog: dialog.id, previous: dialog.previous, messages })
    }
}

/// A page that is being put together.
#[derive(Debug)]
pub struct HistoryPage {
    after: Option<MessageId>,
    limit: usize,
    /// What the dialogs give, the oldest dialog first.
    parts: VecDeque<Vec<MessageView>>,
    /// Messages that were moved to a later dialog than that in which they were written.
    strays: Vec<MessageView>,
    /// How many messages the parts hold.
    count: usize,
    /// Whether something that stands behind the page was forgotten.
    more: bool,
    /// The dialog that has to be added next.
    wanted: Option<DialogId>,
}

impl HistoryPage {
    /// A page that begins with the client's newest dialog.
    pub fn new(query: &History, newest: HistoryPart) -> Self {
        let (after, limit) = (query.after, query.page());
        let mut page = Self {
            after,
            limit,
            parts: VecDeque::new(),
            strays: Vec::new(),
            count: 0,
            more: false,
            wanted: None,
        };
        page.add(newest);
        page
    }

    /// The dialog that has to be added next, if the page is not complete.
    pub fn wanted(&self) -> Option<DialogId> {
        self.wanted
    }

    /// Adds the dialog that was wanted.
    pub fn add(&mut self, part: HistoryPart) {
        let HistoryPart { dialog, previous, messages } = part;
        let (messages, strays) = messages.into_iter().partition(|view| view.id().dialog() == dialog);
        self.strays.extend::<Vec<MessageView>>(strays);
        let messages: Vec<MessageView> = messages;
        let begins_before = self.after.is_none_or(|after| after.dialog() < dialog);
        self.wanted = previous.filter(|_| begins_before);
        self.count += messages.len();
        self.parts.push_front(messages);
        while let Some(newest) = self.parts.back()
            && self.count - newest.len() > self.limit
        {
            self.count -= newest.len();
            self.more |= !newest.is_empty();
            self.parts.pop_back();
        }
    }

    /// Ends the page with what there is: the dialog that was wanted is no longer there.
    pub fn end(&mut self) {
        self.wanted = None;
    }

    /// The page as it is shown.
    pub fn finish(self) -> HistoryView {
        let mut messages: Vec<MessageView> = self.parts.into_iter().flatten().chain(self.strays).collect();
        messages.sort_by_key(MessageView::id);
        let more = self.more || messages.len() > self.limit;
        messages.truncate(self.limit);
        let next = messages.last().map(MessageView::id).filter(|_| more);
        HistoryView { messages, next }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::dialog::{Author, Visibility};
    use crate::domain::testing::*;

    /// The dialogs of one client, oldest first, each with so many messages of anna, hidden or not.
    fn dialogs(lengths: &[Vec<bool>]) -> Vec<Dialog> {
        let dialog = |(at, hidden): (usize, &Vec<bool>)| {
            let id = DialogId(at as u64 * 3 + 1);
            let previous = (at > 0).then(|| DialogId(id.0 - 3));
            let mut dialog =
                Dialog { id, previous, messages: Vec::new(), ..given(answered_by("anna")).dialog() };
            for hidden in hidden {
                let visibility = if *hidden { Visibility::Hidden } else { Visibility::Public };
                let (id, author) = (dialog.next_message(), Author::Operator(operator("anna")));
                dialog.messages.push(Message::new(id, author, visibility, "hello".into(), NOW));
            }
            dialog
        };
        lengths.iter().enumerate().map(dialog).collect()
    }

    fn page(dialogs: &[Dialog], query: &History) -> HistoryView {
        let part = |dialog| HistoryPart::of(dialog, query, |_| None).unwrap();
        let mut page = HistoryPage::new(query, part(dialogs.last().unwrap()));
        while let Some(wanted) = page.wanted() {
            page.add(part(dialogs.iter().find(|dialog| dialog.id == wanted).unwrap()));
            assert!(page.count <= 2 * page.limit + 2, "a page holds no more than it needs");
        }
        page.finish()
    }

    fn ids(view: &HistoryView) -> Vec<MessageId> {
        view.messages.iter().map(MessageView::id).collect()
    }

    #[test]
    fn the_messages_of_all_dialogs_stand_in_a_row_the_oldest_first() {
        let dialogs = dialogs(&[vec![false, true], vec![], vec![false]]);
        let query = History::of_dialog(DialogId(7));
        let whole = page(&dialogs, &query);
        let expected = [(1, 1), (1, 2), (7, 1)].map(|(dialog, place)| MessageId::of(DialogId(dialog), place));
        assert_eq!((ids(&whole), whole.next), (expected.to_vec(), None));
        let client = page(&dialogs, &query.view(View::Client));
        assert_eq!(ids(&client), [expected[0], expected[2]], "the client sees nothing hidden");
    }

    #[test]
    fn a_message_that_was_moved_stands_once_and_where_it_was_written() {
        let mut dialogs = dialogs(&[vec![false, false, false], vec![false], vec![false, false]]);
        let whole = ids(&page(&dialogs, &History::of_dialog(DialogId(7))));
        let moved = dialogs[0].messages.remove(1);
        dialogs[2].messages.insert(0, moved);
        for limit in 1..8 {
            let (mut paged, mut query) = (Vec::new(), History::of_dialog(DialogId(7)).limit(limit));
            loop {
                let page = page(&dialogs, &query);
                paged.extend(ids(&page));
                let Some(next) = page.next else { break };
                query = query.after(next);
            }
            assert_eq!(paged, whole, "pages of {limit}");
        }
    }

    #[test]
    fn a_page_reads_back_no_further_than_it_has_to() {
        let dialogs = dialogs(&[vec![false], vec![false], vec![false]]);
        let query = History::of_dialog(DialogId(7)).after(dialogs[1].messages[0].id);
        let mut page = HistoryPage::new(&query, HistoryPart::of(&dialogs[2], &query, |_| None).unwrap());
        assert_eq!(page.wanted(), Some(DialogId(4)));
        page.add(HistoryPart::of(&dialogs[1], &query, |_| None).unwrap());
        assert_eq!(page.wanted(), None);
        assert_eq!(ids(&page.finish()), [dialogs[2].messages[0].id]);
    }

    proptest! {
        #[test]
        fn pages_in_a_row_show_every_message_once(
            lengths in prop::collection::vec(prop::collection::vec(any::<bool>(), 0..6), 1..6),
            limit in 1_u32..5,
            client in any::<bool>(),
        ) {
            let dialogs = dialogs(&lengths);
            let view = if client { View::Client } else { View::Employee };
            let query = History::of_dialog(DialogId(1)).view(view);
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = page(&dialogs, &History { after, limit: Some(limit), ..query.clone() });
                prop_assert!(page.messages.len() <= limit as usize);
                paged.extend(ids(&page));
                prop_assert!(page.next.is_none() || page.next == paged.last().copied());
                after = page.next;
                if after.is_none() { break }
            }
            prop_assert_eq!(paged, ids(&page(&dialogs, &query)));
        }
    }
}
