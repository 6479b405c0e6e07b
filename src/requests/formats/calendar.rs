//! A request as a task or an event of iCalendar.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus,
    ICalendarValue, Uri,
};

use super::{PRODUCT, moment, title};
use crate::domain::view::RequestView;
use crate::timestamp::Timestamp;

pub(super) fn task(uid: &str, request: &RequestView) -> String {
    let mut task = component(ICalendarComponentType::VTodo, uid, request);
    let due = request.due.or(request.ends);
    // A task that is due when it starts would be none to the format.
    let starts = request.starts.filter(|starts| due.is_none_or(|due| seconds(*starts) < seconds(due)));
    add_time(&mut task, ICalendarProperty::Dtstart, starts);
    add_time(&mut task, ICalendarProperty::Due, due);
    task.add_property(ICalendarProperty::Status, ICalendarValue::Status(ICalendarStatus::NeedsAction));
    calendar(task)
}

pub(super) fn event(uid: &str, request: &RequestView) -> String {
    let mut event = component(ICalendarComponentType::VEvent, uid, request);
    let starts = request.starts.or(request.due).unwrap_or(request.created_at);
    // An event without an end has no length; the format knows no end at the start.
    let ends = request.ends.filter(|ends| seconds(*ends) > seconds(starts));
    add_time(&mut event, ICalendarProperty::Dtstart, Some(starts));
    add_time(&mut event, ICalendarProperty::Dtend, ends);
    calendar(event)
}

/// What tasks and events have in common.
fn component(kind: ICalendarComponentType, uid: &str, request: &RequestView) -> ICalendarComponent {
    let mut component = ICalendarComponent::new(kind);
    component.add_uid(uid);
    // Not the time of sending: the same request is the same payload each time.
    component.add_dtstamp(moment(request.created_at));
    add_time(&mut component, ICalendarProperty::Created, Some(request.created_at));
    component.add_property(ICalendarProperty::Summary, ICalendarValue::Text(title(request)));
    if let Some(text) = &request.description {
        component.add_property(ICalendarProperty::Description, ICalendarValue::Text(text.clone()));
    }
    let dialog = Uri::Location(request.dialog.link());
    component.add_property(ICalendarProperty::Url, ICalendarValue::Uri(dialog));
    if let Some(assignee) = &request.assignee {
        let property = ICalendarProperty::Other("X-CENTRALA-ASSIGNEE".to_owned());
        component.add_property(property, ICalendarValue::Text(assignee.to_string()));
    }
    component
}

fn add_time(component: &mut ICalendarComponent, property: ICalendarProperty, time: Option<Timestamp>) {
    if let Some(time) = time {
        component.add_property(property, ICalendarValue::PartialDateTime(Box::new(moment(time))));
    }
}

fn calendar(component: ICalendarComponent) -> String {
    let mut calendar = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    calendar.add_property(ICalendarProperty::Version, ICalendarValue::Text("2.0".to_owned()));
    calendar.add_property(ICalendarProperty::Prodid, ICalendarValue::Text(PRODUCT.to_owned()));
    calendar.component_ids.push(1);
    ICalendar { components: vec![calendar, component] }.to_string()
}

fn seconds(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(1000)
}
