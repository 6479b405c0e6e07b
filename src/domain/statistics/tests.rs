//! Books through changes: what counts, across midnight, and whatever is counted twice.

use super::*;
use crate::domain::channel::ChannelSettings;
use crate::domain::dialog::CloseReason;
use crate::domain::event::{Change, ChannelEvent, DialogEvent, Events, OperatorEvent};
use crate::domain::operator::{OperatorSettings, Presence};
use crate::domain::testing::operator;
use crate::ids::{ChannelId, ClientId, DialogId};
use crate::timestamp::Timestamp;

const DAY: u64 = DAY_MS as u64;

fn web() -> ChannelId {
    ChannelId::new("web").unwrap()
}

fn at(ms: u64) -> Timestamp {
    Timestamp::default().plus_ms(ms)
}

fn standing(waited_ms: u64, handled_ms: Option<u64>) -> Standing {
    let held = handled_ms.map(|_| (operator("anna"), 3));
    Standing { channel: web(), apart: false, waited_ms: Some(waited_ms), handled_ms, held }
}

/// A day and a half of one dialog and its operator, each change with how the dialog stood before.
fn story() -> Vec<(Change, Option<Standing>)> {
    let of_dialog = |at, event| Change { at, events: Events::Dialog(DialogId(1), vec![event]) };
    let of_anna = |at, event| Change { at, events: Events::Operator(operator("anna"), vec![event]) };
    let settings = OperatorSettings { capacity: 6, ..OperatorSettings::default() };
    let channel = Events::Channel(web(), vec![ChannelEvent::Put(Box::<ChannelSettings>::default())]);
    let client = ClientId::new("c1").unwrap();
    let opened =
        DialogEvent::Opened { channel: web(), client, client_name: None, previous: None, wishes: None };
    let answered = DialogEvent::Answered { operator: operator("anna"), weight: 3, ruling: None };
    let closed = DialogEvent::Closed { reason: CloseReason::Finished, by: None };
    vec![
        (of_anna(at(0), OperatorEvent::Put(Box::new(settings))), None),
        (Change { at: at(0), events: channel }, None),
        (of_anna(at(0), OperatorEvent::PresenceSet(Presence::Online)), None),
        (of_dialog(at(DAY - 10), opened), None),
        (of_dialog(at(DAY + 5), answered), Some(standing(15, None))),
        (of_dialog(at(DAY + 105), closed), Some(standing(115, Some(100)))),
        (of_anna(at(DAY + 1000), OperatorEvent::PresenceSet(Presence::Away)), None),
    ]
}

fn book(statistics: &mut Statistics, story: &[(Change, Option<Standing>)], first_seq: u64) {
    for (seq, (change, standing)) in (first_seq..).zip(story) {
        Tally::of(change, standing.as_ref(), |tally| statistics.take(&tally, seq));
    }
}

fn figures(statistics: &Statistics, subject: &Subject) -> Figures {
    let mut figures = Figures::default();
    let all = Span { from_ms: 0, to_ms: DAY_MS as u32, now_ms: DAY_MS as u32 };
    statistics.pages(subject).iter().for_each(|(_, page)| figures += page.ledger.figures(all, 15));
    figures
}

fn usage(statistics: &Statistics, from: u64, until: u64) -> (i128, i128) {
    let mut meter = Meter::new(at(from), at(until), at(5 * DAY));
    let pages = statistics.pages(&Subject::Operator(operator("anna")));
    pages.iter().for_each(|(day, page)| meter.page(*day, page));
    let Usage { held, online } = meter.finish();
    (held, online)
}

#[test]
fn a_dialog_is_counted_on_the_day_of_each_event() {
    let mut statistics = Statistics::default();
    book(&mut statistics, &story(), 1);
    let days: Vec<i64> = statistics.pages(&Subject::Channel(web())).iter().map(|(day, _)| *day).collect();
    assert_eq!(days, [0, 1]);
    let all = figures(&statistics, &Subject::Channel(web()));
    assert_eq!((all.offered, all.answered, all.within, all.waited_ms), (1, 1, 1, 15));
    assert_eq!((all.handled, all.handled_ms, all.abandoned), (1, 100, 0));
    assert_eq!(figures(&statistics, &Subject::Operator(operator("anna"))).handled_ms, 100);
}

#[test]
fn capacity_goes_on_over_midnight_and_days_without_a_page() {
    let mut statistics = Statistics::default();
    book(&mut statistics, &story(), 1);
    assert_eq!(usage(&statistics, 0, DAY), (0, 6 * i128::from(DAY)));
    assert_eq!(usage(&statistics, DAY - 1, DAY + 6), (3, 6 * 7));
    assert_eq!(usage(&statistics, DAY, 4 * DAY), (300, 6000));
    assert_eq!(usage(&statistics, 3 * DAY, 4 * DAY), (0, 0));
}

#[test]
fn what_was_written_is_mended_by_the_same_changes_at_any_place() {
    let story = story();
    let mut live = Statistics::default();
    book(&mut live, &story, 1);
    for written_after in 0..=story.len() {
        let mut before = Statistics::default();
        book(&mut before, &story[..written_after], 1);
        let (mut back, mut pages) = (Statistics::default(), Vec::new());
        let changed = before.changed(written_after as u64);
        // What is booked meanwhile is not in what is written.
        book(&mut before, &story, 1);
        for changed in changed {
            match changed {
                Changed::Channel(id, book) => back.restore_channel(id, ChannelBook::clone(&book)),
                Changed::Operator(id, book) => back.restore_operator(id, OperatorBook::clone(&book)),
                Changed::Page(subject, day, page) => pages.push((subject, day, Page::clone(&page))),
            }
        }
        // Recovery reads the journal from a place before the writing.
        book(&mut back, &story, 1);
        for subject in [Subject::Channel(web()), Subject::Operator(operator("anna"))] {
            let mut found: Vec<_> = pages
                .iter()
                .filter(|(of, ..)| *of == subject)
                .map(|(_, day, page)| (*day, page.clone()))
                .collect();
            found.extend(back.pages(&subject));
            assert_eq!(found, live.pages(&subject), "written after {written_after}");
        }
    }
}

#[test]
fn full_pages_are_kept_until_they_are_on_the_disk() {
    let mut statistics = Statistics::default();
    book(&mut statistics, &story(), 1);
    let count = |statistics: &Statistics| statistics.pages(&Subject::Channel(web())).len();
    statistics.forget_written(100);
    assert_eq!(count(&statistics), 2, "nothing was written");
    assert!(!statistics.changed(7).is_empty());
    statistics.forget_written(6);
    assert_eq!(count(&statistics), 2, "that was another writing");
    statistics.forget_written(7);
    assert_eq!(count(&statistics), 1);
    assert!(statistics.changed(8).is_empty(), "nothing has changed");
}

#[test]
fn who_joins_and_leaves_at_once_was_no_member() {
    let mut statistics = Statistics::default();
    let members = |statistics: &mut Statistics, ms, names: &[&str]| {
        let members = names.iter().map(|name| operator(name)).collect();
        statistics.take(&Tally { at: at(ms), counted: Counted::Members(web(), members) }, 1);
    };
    members(&mut statistics, 5, &["anna", "bea"]);
    members(&mut statistics, 5, &["anna"]);
    members(&mut statistics, 9, &["anna", "cyd"]);
    members(&mut statistics, 12, &["cyd"]);
    let seat = |name, from, until: Option<u64>| Membership {
        operator: operator(name),
        from: at(from),
        until: until.map(at),
    };
    assert_eq!(statistics.members(&web()), [seat("anna", 5, Some(12)), seat("cyd", 9, None)]);
}
