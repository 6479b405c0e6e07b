//! The contact of a deal as a vCard.

use calcard::vcard::{
    VCard, VCardEntry, VCardParameter, VCardProperty, VCardValue, VCardValueType, VCardVersion,
};

use super::{PRODUCT, moment};
use crate::domain::dialog::Contact;
use crate::domain::view::RequestView;
use crate::ids::ClientId;

/// Fields of a contact that are properties of their own.
const PROPERTIES: [(&str, VCardProperty); 5] = [
    ("email", VCardProperty::Email),
    ("phone", VCardProperty::Tel),
    ("organization", VCardProperty::Org),
    ("position", VCardProperty::Title),
    ("url", VCardProperty::Url),
];

/// The parts of an address, in the order of the format; it begins with two that nobody uses.
const ADDRESS: [&str; 7] = ["", "", "street", "city", "region", "postal_code", "country"];

/// The other fields that are known.
const OTHERS: [&str; 4] = ["name", "given_name", "family_name", "note"];

pub(super) fn card(uid: &str, request: &RequestView) -> String {
    let contact = request.contact.clone().unwrap_or_default();
    let is_text = VCardParameter::value(VCardValueType::Text);
    let mut entries = vec![
        one(VCardProperty::Prodid, PRODUCT),
        one(VCardProperty::Uid, uid).with_param(is_text),
        one(VCardProperty::Fn, &full_name(&contact, request)),
    ];
    entries.extend(structured(VCardProperty::N, &["family_name", "given_name", "", "", ""], &contact));
    for (field, property) in PROPERTIES {
        entries.extend(contact.get(field).iter().map(|text| one(property.clone(), text)));
    }
    entries.extend(structured(VCardProperty::Adr, &ADDRESS, &contact));
    entries.extend(note(&contact).map(|note| one(VCardProperty::Note, &note)));
    let revised = VCardValue::PartialDateTime(moment(request.created_at));
    entries.push(VCardEntry::new(VCardProperty::Rev).with_value(revised));
    let mut text = String::new();
    let written = VCard { entries }.write_to(&mut text, VCardVersion::V4_0);
    debug_assert!(written.is_ok(), "a String takes every text");
    text
}

fn one(property: VCardProperty, text: &str) -> VCardEntry {
    VCardEntry::new(property).with_value(VCardValue::Text(text.to_owned()))
}

/// A property with several parts, if there is anything to say.
fn structured(property: VCardProperty, fields: &[&str], contact: &Contact) -> Option<VCardEntry> {
    let parts: Vec<String> = fields.iter().map(|field| contact.get(field).join(", ")).collect();
    let values = || parts.iter().map(|part| VCardValue::Text(part.clone())).collect();
    parts.iter().any(|part| !part.is_empty()).then(|| VCardEntry::new(property).with_values(values()))
}

/// What the client is called: the format wants that said.
fn full_name(contact: &Contact, request: &RequestView) -> String {
    let parts = ["given_name", "family_name"].map(|field| contact.get(field).join(" "));
    let names =
        [contact.get("name").join(" "), parts.join(" "), request.client_name.clone().unwrap_or_default()];
    let named = names.iter().map(|name| name.trim()).find(|name| !name.is_empty());
    named.or(request.client.as_ref().map(ClientId::as_str)).unwrap_or_default().to_owned()
}

/// The note, and all that the format has no property for.
fn note(contact: &Contact) -> Option<String> {
    let known = |field: &str| {
        ADDRESS.contains(&field)
            || OTHERS.contains(&field)
            || PROPERTIES.iter().any(|(known, _)| *known == field)
    };
    let unknown = contact.fields().filter(|field| !known(field));
    let others =
        unknown.flat_map(|field| contact.get(field).iter().map(move |text| format!("{field}: {text}")));
    let lines: Vec<String> = contact.get("note").iter().cloned().chain(others).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
