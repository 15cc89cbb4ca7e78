//! How to read, in the reader's own terms.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// A JSON object, kept as its text with the names in order, so that equal ones have equal texts.
///
/// It is made while it is read, without a tree of values between: a number of one digit takes two bytes of a body and
/// would take a hundred as a value in a growing list.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReadingProfile(Box<str>);

impl ReadingProfile {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, to be kept.
    #[must_use]
    pub fn into_text(self) -> Box<str> {
        self.0
    }
}

/// What it says is the reader's own, and is no more shown than the text is.
impl fmt::Debug for ReadingProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReadingProfile({} bytes)", self.0.len())
    }
}

impl Serialize for ReadingProfile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: Value = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ReadingProfile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::new();
        deserializer.deserialize_map(Object(&mut text))?;
        let text = String::from_utf8(text).map_err(D::Error::custom)?;
        Ok(Self(text.into_boxed_str()))
    }
}

/// Writes an object, and nothing else, at the end of the text.
struct Object<'a>(&'a mut Vec<u8>);

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut members = Members::default();
        while let Some(name) = map.next_key_seed(Name(&mut members.names))? {
            let start = members.values.len();
            map.next_value_seed(Any(&mut members.values))?;
            members.spans.push((name, start..members.values.len()));
        }
        members.write(self.0).map_err(A::Error::custom)
    }
}

/// The members of an object, in the order in which they came.
#[derive(Default)]
struct Members {
    names: String,
    values: Vec<u8>,
    spans: Vec<(Range<usize>, Range<usize>)>,
}

impl Members {
    /// Writes them in the order of their names. Of those with one name the last counts, as for most readers.
    fn write(mut self, text: &mut Vec<u8>) -> serde_json::Result<()> {
        self.spans
            .sort_by(|(one, _), (other, _)| self.names[one.clone()].cmp(&self.names[other.clone()]));
        text.push(b'{');
        let mut first = true;
        for (index, (name, value)) in self.spans.iter().enumerate() {
            let name = &self.names[name.clone()];
            let next = self.spans.get(index + 1);
            if next.is_some_and(|(next, _)| &self.names[next.clone()] == name) {
                continue;
            }
            if !std::mem::take(&mut first) {
                text.push(b',');
            }
            serde_json::to_writer(&mut *text, name)?;
            text.push(b':');
            text.extend_from_slice(&self.values[value.clone()]);
        }
        text.push(b'}');
        Ok(())
    }
}

/// Keeps a name at the end of the names, and says where.
struct Name<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Range<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Range<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Range<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Range<usize>, E> {
        let start = self.0.len();
        self.0.push_str(name);
        Ok(start..self.0.len())
    }
}

/// Writes whatever comes at the end of the text.
struct Any<'a>(&'a mut Vec<u8>);

impl Any<'_> {
    fn scalar<E: serde::de::Error>(self, value: &(impl Serialize + ?Sized)) -> Result<(), E> {
        serde_json::to_writer(self.0, value).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.scalar(&())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.0.push(b'[');
        let first = self.0.len();
        loop {
            let before = self.0.len();
            if before > first {
                self.0.push(b',');
            }
            if list.next_element_seed(Any(self.0))?.is_none() {
                self.0.truncate(before);
                break;
            }
        }
        self.0.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        Object(self.0).visit_map(map)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::{Map, json};

    use super::*;

    fn read(text: &str) -> Result<String, String> {
        serde_json::from_str::<ReadingProfile>(text)
            .map(|profile| profile.as_str().to_owned())
            .map_err(|error| error.to_string())
    }

    #[rstest]
    #[case::empty("{}", "{}")]
    #[case::in_order(r#"{"a":1,"b":[true,null]}"#, r#"{"a":1,"b":[true,null]}"#)]
    #[case::out_of_order(r#"{ "b": {"d": 1, "c": []}, "a": {} }"#, r#"{"a":{},"b":{"c":[],"d":1}}"#)]
    #[case::one_name_twice(r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"a":3,"b":2}"#)]
    #[case::a_name_spelt_otherwise(r#"{"\u0061": 1, "a": 2}"#, r#"{"a":2}"#)]
    #[case::numbers(
        r#"{"a": [1e2, -0, -7, 18446744073709551615]}"#,
        r#"{"a":[100.0,-0.0,-7,18446744073709551615]}"#
    )]
    fn a_profile_is_its_text_in_order(#[case] given: &str, #[case] kept: &str) {
        assert_eq!(read(given).as_deref(), Ok(kept));
    }

    #[rstest]
    #[case::a_list("[]", "expected a map")]
    #[case::a_number("1", "expected a map")]
    #[case::a_text("\"a\"", "expected a map")]
    #[case::broken_off("{\"a\": [1", "EOF")]
    #[case::a_number_beyond_counting("{\"a\": 1e999}", "out of range")]
    fn what_is_no_object_is_refused(#[case] given: &str, #[case] why: &str) {
        let error = read(given).expect_err("refused");
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = format!("{{\"a\": {}{}}}", "[".repeat(1_000), "]".repeat(1_000));
        assert!(read(&nested).expect_err("refused").contains("recursion"));
    }

    #[test]
    fn nothing_of_it_is_shown_by_debug() {
        let profile: ReadingProfile = serde_json::from_value(json!({"secret": 1})).expect("a profile");
        assert_eq!(format!("{profile:?}"), "ReadingProfile(12 bytes)");
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // Binary fractions: others may differ in their last digit when they are read a second time.
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            ".{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,3}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// `serde_json` keeps an object's members in the order of their names.
        #[test]
        fn the_text_is_that_of_the_parsed_value(
            members in prop::collection::vec((".{0,3}", anything()), 0..6),
            turn in any::<bool>(),
        ) {
            let mut written: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}: {value}", Value::from(name.as_str())))
                .collect();
            if turn {
                written.reverse();
            }
            let text = format!("{{{}}}", written.join(" , "));
            let value: Map<String, Value> = serde_json::from_str(&text).expect("an object");
            prop_assert_eq!(read(&text), Ok(Value::Object(value.clone()).to_string()));
            let profile: ReadingProfile = serde_json::from_str(&text).expect("a profile");
            prop_assert_eq!(serde_json::to_value(&profile).expect("JSON"), Value::Object(value));
        }
    }
}
