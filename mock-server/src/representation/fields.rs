//! The fields of an answer's head, in the order in which they are sent.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Room for the fields of every answer with audio, so that the list does not grow on the way.
const ROOM: usize = 12;

/// Header fields, each of them once. A list, because an answer has about ten, for which a map costs more than it saves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(HeaderName, HeaderValue)>);

impl Fields {
    /// None, with room for what an answer has.
    pub(super) fn with_room() -> Self {
        Self(Vec::with_capacity(ROOM))
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&HeaderValue> {
        let mut fields = self.0.iter();
        fields.find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Sets a field, in its old place if it is there.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.0.iter()
    }
}

impl From<Fields> for HeaderMap {
    fn from(fields: Fields) -> Self {
        fields.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_TYPE, ETAG};

    use super::*;

    #[test]
    fn a_field_that_is_set_again_has_its_place_and_the_new_value() {
        let mut fields = Fields::default();
        for (name, value) in [(ETAG, "a"), (CONTENT_TYPE, "b"), (ETAG, "c")] {
            fields.set(name, HeaderValue::from_static(value));
        }
        let list: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        assert_eq!(
            list,
            [
                ("etag", &HeaderValue::from_static("c")),
                ("content-type", &HeaderValue::from_static("b"))
            ]
        );
        assert_eq!(fields.get(&ETAG), Some(&HeaderValue::from_static("c")));
        assert_eq!(HeaderMap::from(fields).len(), 2);
    }
}
