//! JSON that is read as it is meant: an object where fields are expected, a name where one of several names is.
//! What the fields mean is not known here.
//!
//! Serde reads an array as a struct, field by field in the order of the source, and an object with one member as
//! a name. The protocol has neither.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value};

/// A value that is read exactly.
pub(super) struct Exact(pub(super) Value);

impl<'de> Deserializer<'de> for Exact {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(values) => {
                let mut values = SeqDeserializer::new(values.into_iter().map(Exact));
                let value = visitor.visit_seq(&mut values)?;
                values.end().map(|()| value)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (name, Exact(value)));
                let mut members = MapDeserializer::new(members);
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::Object(_) => self.deserialize_any(visitor),
            other => Err(Error::invalid_type(unexpected(&other), &"an object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(_) => self.0.deserialize_enum(name, variants, visitor),
            other => Err(Error::invalid_type(unexpected(&other), &"a name")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Exact {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Other("null"),
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => Unexpected::Unsigned(value),
            (None, Some(value)) => Unexpected::Signed(value),
            (None, None) => Unexpected::Float(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;
    use crate::domain::channel::PutChannel;
    use crate::domain::dialog::command::Receive;

    fn error<T: DeserializeOwned>(value: Value) -> Option<String> {
        T::deserialize(Exact(value)).err().map(|error| error.to_string())
    }

    #[test]
    fn an_array_is_no_object() {
        let refused = Some("invalid type: sequence, expected an object".to_owned());
        for (field, array) in [
            ("queue", json!([])),
            ("queue", json!(["manual"])),
            ("skills", json!([["french", 2]])),
            ("off_hours", json!(["We are closed.", true])),
            ("hours", json!(["UTC", {}])),
            ("hours", json!({"time_zone": "UTC", "week": []})),
            ("bot", json!(["robot"])),
        ] {
            let line = json!({"channel": "web", field: array});
            assert_eq!(error::<PutChannel>(line.clone()), refused, "{line}");
        }
        let skills = json!({"channel": "web", "client": "ala", "text": "", "skills": [["french"]]});
        assert_eq!(error::<Receive>(skills), refused);
    }

    #[test]
    fn an_object_is_no_name() {
        let mode = |mode| error::<PutChannel>(json!({"channel": "web", "queue": {"mode": mode}}));
        assert_eq!(mode(json!("manual")), None);
        let refused = Some("invalid type: map, expected a name".to_owned());
        assert_eq!(mode(json!({"manual": null})), refused);
        assert_eq!(mode(json!(null)), Some("invalid type: null, expected a name".to_owned()));
    }

    #[test]
    fn everything_else_is_read_as_serde_reads_it() {
        let line = json!({
            "channel": "web", "name": "Web", "weight": 3, "prefer": "none", "rating": true, "max_waiting": null,
            "queue": {"mode": "strictly", "members": ["anna", {"operator": "bert", "rank": -4}]},
            "skills": [{"skill": "french", "relax": [{"after_ms": 5, "level": 0}]}],
            "hours": {"time_zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}, "holidays": ["2026-12-25"]},
        });
        let exact = PutChannel::deserialize(Exact(line.clone())).unwrap();
        assert_eq!(exact, serde_json::from_value(line).unwrap());
        let pair = |value| <(u8, u8)>::deserialize(Exact(value)).is_ok();
        assert!(pair(json!([1, 2])) && !pair(json!([1])) && !pair(json!([1, 2, 3])));
    }
}
