//! What is written, read back by the formats' own parser.

use calcard::icalendar::{ICalendarComponentType, ICalendarProperty};
use calcard::vcard::VCardProperty;
use calcard::{Entry, Parser};

use super::*;
use crate::domain::dialog::{Contact, RequestKind, RequestStatus};
use crate::ids::{ChannelId, ClientId, DialogId, MessageId, OperatorId};

fn request(kind_of_request: RequestKind) -> RequestView {
    RequestView {
        request: RequestId::of(DialogId(7), 1),
        kind_of_request,
        status: RequestStatus::Open,
        dialog: DialogId(7),
        message: Some(MessageId::of(DialogId(7), 1)),
        title: None,
        description: Some("Zażółć; gęślą, jaźń\nBEGIN:VALARM \\ \"quoted\"".into()),
        starts: None,
        ends: None,
        due: None,
        assignee: None,
        contact: None,
        reference: None,
        url: None,
        attempts: 0,
        reason: None,
        retry_at: None,
        created_by: OperatorId::new("anna").unwrap(),
        created_at: time("2026-01-01T00:00:00.999Z"),
        channel: ChannelId::new("web").ok(),
        client: ClientId::new("ala").ok(),
        client_name: None,
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn formats() -> Formats {
    Formats::new("shop.example.org")
}

/// The lines without their folds, in order.
fn lines(text: &str) -> Vec<String> {
    assert!(text.lines().all(|line| line.len() <= 75), "lines are folded");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    text.replace("\r\n ", "").lines().map(str::to_owned).collect()
}

#[test]
fn a_task_has_its_text_and_its_times() {
    let task = RequestView {
        title: Some("Call back".into()),
        starts: Some(time("2026-01-02T08:00:00Z")),
        due: Some(time("2026-01-02T10:00:00Z")),
        assignee: Some(OperatorId::new("bea").unwrap()),
        ..request(RequestKind::Task)
    };
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        concat!("PRODID:-//Centrala//Centrala ", env!("CARGO_PKG_VERSION"), "//EN"),
        "BEGIN:VTODO",
        "UID:request-7340033@shop.example.org",
        "DTSTAMP:20260101T000000Z",
        "CREATED:20260101T000000Z",
        "SUMMARY:Call back",
        "DESCRIPTION:Zażółć\\; gęślą\\, jaźń\\nBEGIN:VALARM \\\\ \"quoted\"",
        "URL:centrala:dialog/7",
        "X-CENTRALA-ASSIGNEE:bea",
        "DTSTART:20260102T080000Z",
        "DUE:20260102T100000Z",
        "STATUS:NEEDS-ACTION",
        "END:VTODO",
        "END:VCALENDAR",
    ];
    assert_eq!(lines(&formats().task(&task)), expected);
}

#[test]
fn an_event_has_a_start_also_if_nobody_gave_one() {
    let event = request(RequestKind::CalendarEvent);
    let start = |event: &RequestView| {
        let text = lines(&formats().calendar_event(event));
        text.into_iter()
            .filter(|line| line.starts_with("DTSTART") || line.starts_with("DTEND"))
            .collect::<Vec<_>>()
    };
    assert_eq!(start(&event), ["DTSTART:20260101T000000Z"]);
    let (from, to) = (time("2026-01-02T10:00:00Z"), time("2026-01-02T11:00:00Z"));
    let meeting = RequestView { starts: Some(from), ends: Some(to), ..event };
    assert_eq!(start(&meeting), ["DTSTART:20260102T100000Z", "DTEND:20260102T110000Z"]);
    let moment = RequestView { ends: Some(from), ..meeting };
    assert_eq!(start(&moment), ["DTSTART:20260102T100000Z"]);
}

#[test]
fn what_is_written_is_read_back() {
    let Entry::ICalendar(read) = Parser::new(&formats().task(&request(RequestKind::Task))).entry() else {
        panic!("it is no calendar");
    };
    assert_eq!(read.components.len(), 2);
    let task = &read.components[1];
    assert_eq!(task.component_type, ICalendarComponentType::VTodo);
    let text =
        |property| task.property(&property).and_then(|entry| entry.values[0].as_text().map(str::to_owned));
    assert_eq!(text(ICalendarProperty::Description), request(RequestKind::Task).description);
    assert_eq!(text(ICalendarProperty::Summary).as_deref(), Some("Zażółć; gęślą, jaźń"));
}

#[test]
fn a_contact_is_a_card() {
    let many: Contact = serde_json::from_str(
        r#"{"given_name":"Ala","family_name":"Nowak","email":["ala@example.org","nowak@example.org"],
            "phone":"+48 22 000; 7","organization":"Rower, Inc.","city":"Gdańsk","country":"PL","colour":"red"}"#,
    )
    .unwrap();
    let deal = RequestView { contact: Some(many), description: None, ..request(RequestKind::Deal) };
    let expected = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        concat!("PRODID:-//Centrala//Centrala ", env!("CARGO_PKG_VERSION"), "//EN"),
        "UID;VALUE=TEXT:request-7340033@shop.example.org",
        "FN:Ala Nowak",
        "N:Nowak;Ala;;;",
        "EMAIL:ala@example.org",
        "EMAIL:nowak@example.org",
        "TEL:+48 22 000\\; 7",
        "ORG:Rower\\, Inc.",
        "ADR:;;;Gdańsk;;;PL",
        "NOTE:colour: red",
        "REV:20260101T000000Z",
        "END:VCARD",
    ];
    let card = formats().contact(&deal);
    assert_eq!(lines(&card), expected);
    let Entry::VCard(read) = Parser::new(&card).entry() else { panic!("it is no card") };
    let name =
        read.property(&VCardProperty::Fn).and_then(|entry| entry.values[0].as_text().map(str::to_owned));
    assert_eq!(name.as_deref(), Some("Ala Nowak"));
}

#[test]
fn a_client_without_a_contact_has_a_name_all_the_same() {
    let name = |deal: RequestView| {
        let card = lines(&formats().contact(&deal));
        card.into_iter().find(|line| line.starts_with("FN:")).unwrap()
    };
    assert_eq!(name(request(RequestKind::Deal)), "FN:ala");
    assert_eq!(name(RequestView { client_name: Some("Ola".into()), ..request(RequestKind::Deal) }), "FN:Ola");
}

#[test]
fn the_same_request_is_the_same_payload_and_another_engine_has_other_uids() {
    let request = request(RequestKind::Task);
    assert_eq!(formats().task(&request), formats().task(&request));
    let other = Formats::new("other host/7").uid(request.request);
    assert_eq!(other, "request-7340033@other-host-7");
}

#[test]
fn a_long_text_makes_a_short_title() {
    let long = RequestView { description: Some("ż".repeat(200)), ..request(RequestKind::Task) };
    assert_eq!(title(&long).chars().count(), 81);
    let empty = RequestView { description: None, ..request(RequestKind::Task) };
    assert_eq!(title(&empty), "Request 7340033");
}
