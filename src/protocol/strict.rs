//! JSON values in which no field may stand twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one JSON value, and the path of the first field that stands twice, if one does.
///
/// # Errors
/// Whatever makes the bytes no JSON.
pub(crate) fn value(bytes: &[u8]) -> serde_json::Result<(Value, Option<String>)> {
    let mut repeated = None;
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { repeated: &mut repeated }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok((value, repeated))
}

/// Where an item stands in its list, as paths write it.
struct Place(usize);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0)
    }
}

/// Builds a value and notes the first repeated field. It goes on reading after one, so that the
/// reference of the line is found and bytes that are no JSON are still called so.
struct Strict<'a> {
    repeated: &'a mut Option<String>,
}

impl Strict<'_> {
    /// Lets `read` see the value at `step` and puts the step before the path of what it notes.
    fn within<T>(&mut self, step: impl fmt::Display, read: impl FnOnce(Strict<'_>) -> T) -> T {
        if self.repeated.is_some() {
            return read(Strict { repeated: self.repeated });
        }
        let mut inner = None;
        let result = read(Strict { repeated: &mut inner });
        *self.repeated = inner.map(|path| match path.starts_with('[') {
            true => format!("{step}{path}"),
            false => format!("{step}.{path}"),
        });
        result
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = self.within(Place(list.len()), |inner| items.next_element_seed(inner))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = self.within(&name, |inner| entries.next_value_seed(inner))?;
            if map.contains_key(&name) {
                self.repeated.get_or_insert_with(|| name.clone());
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_without_repeated_fields_is_the_one_that_serde_reads() {
        let text = r#"{"a":[1,-2,3.5,"x",null,true,{"b":{}}],"c":{"d":[]}}"#;
        let (read, repeated) = value(text.as_bytes()).unwrap();
        assert_eq!(read, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(repeated, None);
    }

    #[test]
    fn the_first_repeated_field_is_named_by_its_path() {
        let cases = [
            (r#"{"a":1,"a":2}"#, "a"),
            (r#"{"a":{"b":1,"b":2},"c":1,"c":2}"#, "a.b"),
            (r#"{"a":[{},[{"b":1,"b":1}]]}"#, "a[1][0].b"),
            (r#"[{"b":1,"b":1}]"#, "[0].b"),
        ];
        for (text, path) in cases {
            assert_eq!(value(text.as_bytes()).unwrap().1.as_deref(), Some(path), "{text}");
        }
    }

    #[test]
    fn the_rest_is_still_read_after_a_repeated_field() {
        let (read, _) = value(br#"{"a":1,"a":2,"ref":7}"#).unwrap();
        assert_eq!(read, json!({"a": 2, "ref": 7}));
        assert!(value(br#"{"a":1,"a":2,"#).is_err());
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", " ", "{", "{} {}", "{\"a\":1,}", "nul", "\u{feff}{}", "'a'", "1e999"] {
            assert!(value(text.as_bytes()).is_err(), "{text}");
        }
        assert!(value(b"\"\xff\"").is_err());
        assert!(value("[".repeat(100_000).as_bytes()).is_err());
    }
}
