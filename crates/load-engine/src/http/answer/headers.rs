//! The headers of an answer, kept as they came: most are never asked for, so they are looked through only when one is.

use std::rc::Rc;

use http::{HeaderMap, HeaderName};
use httparse::{EMPTY_HEADER, Response};

use super::head::MOST_FIELDS;

/// The headers of an answer. Cloning them is cheap.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// The whole head, or nothing.
    head: Rc<Vec<u8>>,
}

impl Headers {
    /// The value of the first header of this name, if it is text.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&str> {
        let mut fields = [EMPTY_HEADER; MOST_FIELDS];
        let mut answer = Response::new(&mut fields);
        // It was read once already.
        answer.parse(&self.head).ok()?;
        let mut fields = answer.headers.iter();
        let field = fields.find(|field| field.name.eq_ignore_ascii_case(name.as_str()))?;
        std::str::from_utf8(field.value).ok()
    }

    /// Those of the next answer. No memory is taken when nobody keeps those of the last one.
    pub(super) fn set(&mut self, head: &[u8]) {
        if let Some(mine) = Rc::get_mut(&mut self.head) {
            mine.clear();
            mine.extend_from_slice(head);
        } else {
            self.head = Rc::new(head.to_vec());
        }
    }
}

impl From<&HeaderMap> for Headers {
    fn from(map: &HeaderMap) -> Self {
        let mut head = b"HTTP/1.1 200 \r\n".to_vec();
        for (name, value) in map {
            head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        head.extend(b"\r\n");
        Self { head: Rc::new(head) }
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CONTENT_RANGE, ETAG, RETRY_AFTER};

    use super::*;

    #[test]
    fn a_header_is_found_by_its_name_in_any_case_and_the_first_counts() {
        let mut headers = Headers::default();
        assert_eq!(headers.get(&ETAG), None);
        headers.set(b"HTTP/1.1 200 OK\r\nEtag: a\r\nRETRY-AFTER:  3 \r\netag: b\r\n\r\n");
        assert_eq!(
            (headers.get(&ETAG), headers.get(&RETRY_AFTER)),
            (Some("a"), Some("3"))
        );
        assert_eq!(headers.get(&CONTENT_RANGE), None);
    }

    #[test]
    fn headers_that_somebody_keeps_stay_what_they_were() {
        let mut headers = Headers::default();
        headers.set(b"HTTP/1.1 200 OK\r\netag: a\r\n\r\n");
        let kept = headers.clone();
        headers.set(b"HTTP/1.1 200 OK\r\netag: b\r\n\r\n");
        assert_eq!((kept.get(&ETAG), headers.get(&ETAG)), (Some("a"), Some("b")));
    }

    #[test]
    fn headers_of_a_map_are_those_of_the_map() {
        let map = HeaderMap::from_iter([(ETAG, http::HeaderValue::from_static("\"x\""))]);
        assert_eq!(Headers::from(&map).get(&ETAG), Some("\"x\""));
    }
}
