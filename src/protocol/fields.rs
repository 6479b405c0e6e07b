//! Which field an error of serde is about. The only place that reads serde's sentences.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::exact::Exact;
use crate::error::Rejection;

/// Longest part of what somebody sent that is sent back to them in a field or a sentence.
const ECHOED_CHARS: usize = 200;

/// Reads a command or query from the fields of a line.
///
/// # Errors
/// `invalid_argument`, naming the field that is wrong, missing or unknown by its path.
pub(super) fn read<T: DeserializeOwned>(fields: Value) -> Result<T, Rejection> {
    serde_path_to_error::deserialize(Exact(fields)).map_err(|error| {
        let path = match error.path().to_string() {
            root if root == "." => String::new(),
            path => path,
        };
        invalid(path, &error.inner().to_string())
    })
}

/// `invalid_argument` with a sentence and the path of the field, without path if that is empty.
pub(super) fn invalid(path: String, sentence: &str) -> Rejection {
    let path = match named(sentence) {
        Some(name) => join(path, name),
        None => path,
    };
    let rejection = Rejection::invalid(clip(path), clip(in_plain_words(sentence)));
    match rejection.field.as_deref() {
        Some("") => Rejection { field: None, ..rejection },
        _ => rejection,
    }
}

/// What serde calls by the name of a type, as whoever sends a line calls it.
fn in_plain_words(sentence: &str) -> String {
    let Some((start, expected)) = sentence.rsplit_once(", expected ") else { return sentence.to_owned() };
    let words = match expected {
        "u32" => "a whole number from 0 to 4294967295",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "u64" => "a whole number that is not negative",
        "i8" | "i16" | "i64" | "u8" | "u16" => "a whole number in its range",
        "f64" => "a number",
        "a sequence" => "a list",
        "a tuple of size 2" | "fewer elements in array" => "a list of two",
        same => same,
    };
    format!("{start}, expected {words}")
}

/// The field that serde names in its sentence because the path ends one step above it.
fn named(sentence: &str) -> Option<&str> {
    if let Some(rest) = sentence.strip_prefix("missing field `") {
        return rest.split_once('`').map(|(name, _)| name);
    }
    // The name of an unknown field is whatever somebody sent: its end is found from the right.
    let rest = sentence.strip_prefix("unknown field `")?;
    let end = rest
        .rfind("`, expected ")
        .or_else(|| rest.rfind("`, there are no fields"))
        .or_else(|| rest.find('`'))?;
    Some(&rest[..end])
}

fn join(path: String, name: &str) -> String {
    // For an unknown field, some paths end at the field and some above it.
    if path == name || path.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')) {
        return path;
    }
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// At most [`ECHOED_CHARS`] characters of a text.
pub(super) fn clip(text: String) -> Cow<'static, str> {
    match text.char_indices().nth(ECHOED_CHARS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Owned(text),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::error::Code;
    use crate::ids::OperatorId;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Sample {
        name: String,
        #[serde(default)]
        count: u32,
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Inner {
        operator: OperatorId,
        mode: Option<Mode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mode {
        Evenly,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    fn field_of<T: DeserializeOwned + std::fmt::Debug>(fields: Value) -> Option<String> {
        let rejection = read::<T>(fields).unwrap_err();
        assert_eq!(rejection.code, Code::InvalidArgument);
        assert!(!rejection.message.is_empty());
        rejection.field.map(Cow::into_owned)
    }

    #[test]
    fn the_field_is_named_by_its_path() {
        let cases = [
            (json!({}), "name"),
            (json!({"name": 1}), "name"),
            (json!({"name": null}), "name"),
            (json!({"name": "n", "count": "1"}), "count"),
            (json!({"name": "n", "count": -1}), "count"),
            (json!({"name": "n", "count": 1.5}), "count"),
            (json!({"name": "n", "extra": 1}), "extra"),
            (json!({"name": "n", "": 1}), ""),
            (json!({"name": "n", "inner": 5}), "inner"),
            (json!({"name": "n", "inner": {}}), "inner.operator"),
            (json!({"name": "n", "inner": {"operator": ""}}), "inner.operator"),
            (json!({"name": "n", "inner": {"operator": "o", "inner": 1}}), "inner.inner"),
            (json!({"name": "n", "inner": {"operator": "o", "mode": "odd"}}), "inner.mode"),
            (json!({"name": "n", "list": [{"operator": "o"}, {"operator": 5}]}), "list[1].operator"),
            (json!({"name": "n", "list": [{}]}), "list[0].operator"),
            (
                json!({"name": "n", "list": [{"operator": "o", "x`, expected y": 1}]}),
                "list[0].x`, expected y",
            ),
        ];
        for (fields, expected) in cases {
            let expected = (!expected.is_empty()).then(|| expected.to_owned());
            assert_eq!(field_of::<Sample>(fields.clone()), expected, "{fields}");
        }
        assert_eq!(field_of::<Nothing>(json!({"more": 1})), Some("more".into()));
        assert_eq!(named("unknown field `one` beside `other`"), Some("one"));
        assert_eq!(named("missing field `one`, or `other` instead"), Some("one"));
    }

    #[test]
    fn sentences_name_no_type_of_the_source() {
        let sentence = |fields| read::<Sample>(fields).unwrap_err().message;
        assert_eq!(
            sentence(json!({"name": "n", "count": -1})),
            "invalid value: integer `-1`, expected a whole number from 0 to 4294967295"
        );
        assert_eq!(sentence(json!({"name": "n", "inner": []})), "invalid type: sequence, expected an object");
        assert_eq!(
            sentence(json!({"name": "n", "list": "x, expected u32"})),
            "invalid type: string \"x, expected u32\", expected a list"
        );
    }

    #[test]
    fn what_was_sent_comes_back_shortened() {
        let long = "x".repeat(100_000);
        let rejection = read::<Sample>(json!({ "name": "n", long.clone(): 1 })).unwrap_err();
        assert!(rejection.message.len() < 1000 && rejection.field.unwrap().len() < 1000);
        let rejection = read::<Sample>(json!({ "name": "n", "count": long })).unwrap_err();
        assert!(rejection.message.len() < 1000);
    }
}
