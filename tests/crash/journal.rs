//! What the journal of a closed data directory tells about what was sent: each thing at most once.

use std::collections::HashSet;
use std::path::Path;

use centrala::domain::event::DialogEvent;
use centrala::engine::Engine;
use centrala::storage::OneEvent;

use crate::client::Client;

/// Reads every event from `first` on; all texts must be there if that is the very first.
pub fn check(data: &Path, first: u64, clients: &[Client]) {
    let engine = Engine::open(data).expect("the directory is closed and whole");
    let last = engine.durable_seq();
    let events = engine.subscribe(first).committed_up_to(last).expect("these events are kept");
    let numbers: Vec<u64> = events.iter().map(|recorded| recorded.seq).collect();
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>(), "a hole or a repetition");
    let (mut created, mut completed) = (HashSet::new(), HashSet::new());
    let (mut texts, mut opened, mut closed) = (HashSet::new(), HashSet::new(), HashSet::new());
    for recorded in events {
        let OneEvent::Dialog(dialog, event) = recorded.event else { continue };
        match event {
            DialogEvent::Opened { .. } => assert!(opened.insert(dialog), "dialog {dialog} opened twice"),
            DialogEvent::Closed { .. } => assert!(closed.insert(dialog), "dialog {dialog} closed twice"),
            DialogEvent::MessageAdded(message) => {
                assert!(texts.insert(message.text.clone()), "added twice: {}", message.text);
            }
            DialogEvent::RequestCreated(request) => {
                assert!(created.insert(request.details.title.clone()), "asked for twice: {request:?}");
            }
            DialogEvent::RequestCompleted(done) => {
                assert!(completed.insert(done.request), "completed twice: {}", done.request);
            }
            _ => {}
        }
    }
    if first == 1 {
        let sent = clients.iter().flat_map(Client::written).map(|(_, text, _)| text.to_owned());
        assert_eq!(texts, sent.collect(), "the journal holds other texts than were sent");
    }
    engine.close_blocking().expect("it can be closed");
}
