//! Whom the next bytes of a connection are for: the shortcut, which answers plain requests, or the HTTP machinery, which
//! must have read and answered all that it was given before the shortcut may look at bytes again. Without socket.

use crate::http::plain::{Came, Plain};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// The shortcut's: a request begins, and the machinery has no bytes that it has not read.
    Shortcut,
    /// The machinery's, which has a request of whose body so many bytes are to come.
    Machinery {
        /// The bytes to come.
        body_left: u64,
    },
    /// The machinery's to the end: where its requests end is not known here.
    MachineryForGood,
}

impl Turn {
    /// Looks at bytes that came: a plain request is for the shortcut, everything else for the machinery.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> Option<Plain<'a>> {
        *self = match *self {
            Self::Shortcut => match Came::read(bytes) {
                Came::Plain(plain) => return Some(plain),
                Came::Request { body_left } => Self::Machinery { body_left },
                Came::Other => Self::MachineryForGood,
            },
            Self::Machinery { body_left } => match body_left.checked_sub(bytes.len() as u64) {
                Some(body_left) => Self::Machinery { body_left },
                // It has read ahead.
                None => Self::MachineryForGood,
            },
            Self::MachineryForGood => Self::MachineryForGood,
        };
        None
    }

    /// The plain request just taken is for the machinery after all.
    pub(super) const fn decline(&mut self) {
        *self = Self::Machinery { body_left: 0 };
    }

    /// Whether the machinery has all of its request: once that is answered, [`Self::resume`].
    pub(super) const fn may_resume(self) -> bool {
        matches!(self, Self::Machinery { body_left: 0 })
    }

    /// The machinery has answered what it had.
    pub(super) const fn resume(&mut self) {
        *self = Self::Shortcut;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
    const POST: &[u8] = b"POST /a HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n";

    #[test]
    fn plain_requests_are_the_shortcuts_one_after_the_other() {
        let mut turn = Turn::Shortcut;
        for _ in 0..2 {
            assert!(turn.take(PLAIN).is_some());
        }
        assert!(!turn.may_resume(), "nothing to come back from");
    }

    #[test]
    fn a_request_with_a_body_is_the_machinerys_until_all_of_it_has_come() {
        let mut turn = Turn::Shortcut;
        assert!(turn.take(POST).is_none() && !turn.may_resume());
        assert!(turn.take(b"abc").is_none() && !turn.may_resume());
        assert!(turn.take(b"de").is_none() && turn.may_resume());
        turn.resume();
        assert!(turn.take(PLAIN).is_some());
    }

    #[test]
    fn a_plain_request_that_was_declined_is_the_machinerys() {
        let mut turn = Turn::Shortcut;
        assert!(turn.take(PLAIN).is_some());
        turn.decline();
        assert!(turn.may_resume());
        // A request that the machinery reads ahead of its answer is in its hands, and who knows what else.
        assert!(turn.take(PLAIN).is_none());
        assert_eq!(turn, Turn::MachineryForGood);
    }

    #[test]
    fn what_is_read_beyond_a_body_or_not_understood_leaves_the_connection_to_the_machinery() {
        let mut beyond = Turn::Shortcut;
        assert!(beyond.take(POST).is_none() && beyond.take(b"abcdef").is_none());
        let mut part = Turn::Shortcut;
        assert!(part.take(&PLAIN[..9]).is_none() && part.take(&PLAIN[9..]).is_none());
        for mut turn in [beyond, part] {
            assert_eq!(turn, Turn::MachineryForGood);
            assert!(!turn.may_resume() && turn.take(PLAIN).is_none());
        }
    }
}
