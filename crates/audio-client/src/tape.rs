//! What was said to a target and by it, kept within bounds as evidence. Whatever was marked as secret is hidden before it
//! is kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, header::SET_COOKIE};
use jiff::Timestamp;
use serde::Serialize;

use crate::{CallError, Reply, Secret, client::Request};

/// What stands in the place of a secret.
const HIDDEN: &str = "(hidden)";
/// The most bytes of a text body that are kept.
const MAX_TEXT_BYTES: usize = 8 << 10;
/// The most bytes of another body that are kept.
const MAX_BINARY_BYTES: usize = 64;
/// The most bytes that a tape holds, by the lengths of its texts; older exchanges are forgotten.
const MAX_TAPE_BYTES: usize = 16 << 20;
/// The most exchanges that a tape holds.
const MAX_EXCHANGES: usize = 20_000;
/// A secret shorter than this stands in too many innocent texts to be looked for.
const MIN_SECRET_CHARS: usize = 6;

tokio::task_local! {
    static PART: Arc<str>;
}

/// The last exchanges with a target. Clones write on the same tape.
#[derive(Debug, Clone, Default)]
pub struct Tape(Arc<Mutex<Reel>>);

#[derive(Debug, Default)]
struct Reel {
    exchanges: VecDeque<Exchange>,
    held_bytes: usize,
    forgotten: u64,
    secrets: Vec<Secret>,
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// On behalf of which test; null outside of any.
    #[serde(serialize_with = "as_text")]
    pub part: Option<Arc<str>>,
    /// When it was sent.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The target, with path and query.
    pub url: String,
    /// Headers beside those of the transport.
    pub headers: Vec<(String, String)>,
    /// What was sent with it.
    pub body: Option<Excerpt>,
    /// The answer; null when none came whole.
    pub answer: Option<Answer>,
    /// Why none came; null while it is waited for, and when one came.
    pub error: Option<String>,
    /// From sending to the end of the answer or the error, in milliseconds; null when nobody waited for it to the end.
    pub took_ms: Option<f64>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// From sending to the end of the headers, in milliseconds.
    pub head_ms: f64,
    /// All headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Excerpt,
}

/// The beginning of a body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Excerpt {
    /// Length of the whole body.
    pub size_bytes: usize,
    /// Its beginning, if it is text.
    pub text: Option<String>,
    /// Its beginning in hexadecimal digits, if it is not.
    pub hex: Option<String>,
}

/// An exchange that has not ended.
pub(crate) struct Open {
    tape: Tape,
    /// Its number on the tape, counting forgotten ones.
    number: u64,
    began: Instant,
}

/// Runs a future whose requests are on behalf of the test of this name.
pub async fn on_behalf_of<T>(part: &str, future: impl Future<Output = T>) -> T {
    PART.scope(part.into(), future).await
}

impl Tape {
    /// A text that must not show, wherever it is repeated.
    pub fn hide(&self, secret: &Secret) {
        if secret.expose().chars().count() >= MIN_SECRET_CHARS {
            self.reel().secrets.push(secret.clone());
        }
    }

    /// The text with every secret hidden.
    #[must_use]
    pub fn without_secrets(&self, text: &str) -> String {
        self.reel().without_secrets(text)
    }

    /// What is kept, oldest first.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.reel().exchanges.iter().cloned().collect()
    }

    /// A tape of its own with what is kept on behalf of one test.
    #[must_use]
    pub fn of_part(&self, part: &str) -> Self {
        let reel = self.reel();
        let own = reel
            .exchanges
            .iter()
            .filter(|exchange| exchange.part.as_deref() == Some(part));
        let exchanges: VecDeque<Exchange> = own.cloned().collect();
        Self(Arc::new(Mutex::new(Reel {
            held_bytes: exchanges.iter().map(Exchange::held_bytes).sum(),
            exchanges,
            forgotten: 0,
            secrets: reel.secrets.clone(),
        })))
    }

    /// How many older ones were let go.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.reel().forgotten
    }

    /// Writes down a request that is about to be sent.
    pub(crate) fn open(&self, base: &str, request: &Request, always: &HeaderMap) -> Open {
        let mut reel = self.reel();
        let body = request.body.as_ref().map(|body| reel.excerpt(body));
        let mut headers = shown(&request.headers);
        headers.extend(shown(always));
        let exchange = Exchange {
            part: PART.try_with(Arc::clone).ok(),
            at: Timestamp::now(),
            method: request.method.to_string(),
            url: format!("{base}{}", request.path),
            headers,
            body,
            answer: None,
            error: None,
            took_ms: None,
        };
        reel.push(exchange);
        Open {
            tape: self.clone(),
            number: reel.forgotten + reel.exchanges.len() as u64 - 1,
            began: Instant::now(),
        }
    }

    fn reel(&self) -> std::sync::MutexGuard<'_, Reel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Writes down what came of it.
    pub(crate) fn close(self, ended: &Result<Reply, CallError>) {
        let mut reel = self.tape.reel();
        let (answer, error, took) = match ended {
            Ok(reply) => {
                let answer = Answer {
                    status: reply.status.as_u16(),
                    head_ms: in_ms(reply.head_elapsed),
                    headers: shown(&reply.headers),
                    body: reel.excerpt(&reply.body),
                };
                (Some(answer), None, reply.elapsed)
            }
            Err(error) => (
                None,
                Some(reel.without_secrets(&error.chain())),
                self.began.elapsed(),
            ),
        };
        let Some(place) = self.number.checked_sub(reel.forgotten) else {
            return;
        };
        let Some(exchange) = reel
            .exchanges
            .get_mut(usize::try_from(place).unwrap_or(usize::MAX))
        else {
            return;
        };
        let before = exchange.held_bytes();
        exchange.answer = answer;
        exchange.error = error;
        exchange.took_ms = Some(in_ms(took));
        let grew = exchange.held_bytes() - before;
        reel.held_bytes += grew;
        reel.forget();
    }
}

impl Reel {
    fn push(&mut self, exchange: Exchange) {
        self.held_bytes += exchange.held_bytes();
        self.exchanges.push_back(exchange);
        self.forget();
    }

    /// Lets go of the oldest beyond the bounds; the newest always stays.
    fn forget(&mut self) {
        while (self.held_bytes > MAX_TAPE_BYTES || self.exchanges.len() > MAX_EXCHANGES)
            && self.exchanges.len() > 1
            && let Some(oldest) = self.exchanges.pop_front()
        {
            self.held_bytes -= oldest.held_bytes();
            self.forgotten += 1;
        }
    }

    fn excerpt(&self, body: &[u8]) -> Excerpt {
        let beginning = &body[..body.len().min(MAX_TEXT_BYTES)];
        // A cut may go through a character.
        let text = match std::str::from_utf8(beginning) {
            Ok(text) => Some(text),
            Err(error) if beginning.len() < body.len() && error.error_len().is_none() => {
                std::str::from_utf8(&beginning[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        let hex = || {
            body.iter()
                .take(MAX_BINARY_BYTES)
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        Excerpt {
            size_bytes: body.len(),
            hex: text.is_none().then(hex),
            text: text.map(|text| self.without_secrets(text)),
        }
    }

    fn without_secrets(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.secrets.iter().map(Secret::expose) {
            if shown.contains(secret) {
                shown = shown.replace(secret, HIDDEN);
            }
        }
        shown
    }
}

impl Exchange {
    /// Roughly what it takes of the memory, by the lengths of its texts.
    fn held_bytes(&self) -> usize {
        let of_headers =
            |headers: &[(String, String)]| headers.iter().map(|(n, v)| n.len() + v.len()).sum::<usize>();
        let of_body = |body: &Excerpt| {
            let parts = [&body.text, &body.hex];
            parts.into_iter().flatten().map(String::len).sum::<usize>()
        };
        let answer = self.answer.as_ref();
        size_of::<Self>()
            + self.url.len()
            + of_headers(&self.headers)
            + self.body.as_ref().map_or(0, of_body)
            + answer.map_or(0, |answer| of_headers(&answer.headers) + of_body(&answer.body))
            + self.error.as_ref().map_or(0, String::len)
    }
}

fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let value = |name: &http::HeaderName, value: &http::HeaderValue| {
        if value.is_sensitive() || name == SET_COOKIE {
            HIDDEN.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        }
    };
    headers
        .iter()
        .map(|(name, given)| (name.to_string(), value(name, given)))
        .collect()
}

fn as_text<S: serde::Serializer>(part: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    part.as_deref().serialize(serializer)
}

fn in_ms(time: Duration) -> f64 {
    // Finer digits than microseconds are noise.
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method};

    use super::*;
    use crate::Route;

    fn request(path: &str, body: &str) -> Request {
        let mut token = HeaderValue::from_static("s3cret");
        token.set_sensitive(true);
        Request {
            route: Route::Status,
            method: Method::POST,
            path: path.to_owned(),
            headers: [(http::header::AUTHORIZATION, token)].into_iter().collect(),
            body: Some(body.to_owned().into()),
        }
    }

    #[test]
    fn an_exchange_that_never_ends_is_kept_too() {
        let tape = Tape::default();
        drop(tape.open("http://h", &request("/a", "text"), &HeaderMap::new()));
        let kept = tape.exchanges();
        assert_eq!((kept[0].url.as_str(), kept[0].took_ms), ("http://h/a", None));
        assert_eq!(kept[0].body.as_ref().unwrap().text.as_deref(), Some("text"));
    }

    #[test]
    fn no_secret_shows_in_headers_bodies_or_errors() {
        let tape = Tape::default();
        tape.hide(&Secret::new("s3cret"));
        let open = tape.open("http://h", &request("/a", "it is s3cret."), &HeaderMap::new());
        open.close(&Err(CallError::Timeout {
            route: Route::Status,
            after: Duration::from_secs(1),
        }));
        let text = serde_json::to_string(&tape.exchanges()).unwrap();
        assert!(
            !text.contains("s3cret") && text.matches(HIDDEN).count() == 2,
            "{text}"
        );
        assert_eq!(tape.without_secrets("log s3cret"), "log (hidden)");
    }

    #[test]
    fn the_tape_keeps_within_its_bounds_and_closes_what_it_still_has() {
        let tape = Tape::default();
        let long = "x".repeat(MAX_TEXT_BYTES);
        let first = tape.open("http://h", &request("/first", &long), &HeaderMap::new());
        let count = MAX_TAPE_BYTES / MAX_TEXT_BYTES + 10;
        let mut last = None;
        for i in 0..count {
            last = Some(tape.open("http://h", &request(&format!("/{i}"), &long), &HeaderMap::new()));
        }
        let timeout = || {
            Err(CallError::Timeout {
                route: Route::Status,
                after: Duration::from_secs(1),
            })
        };
        first.close(&timeout());
        last.unwrap().close(&timeout());
        let kept = tape.exchanges();
        assert_eq!(kept.len() as u64 + tape.forgotten(), count as u64 + 1);
        assert!(tape.forgotten() >= 10 && tape.reel().held_bytes <= MAX_TAPE_BYTES);
        assert!(kept.last().unwrap().error.is_some() && kept[0].error.is_none());
    }

    #[test]
    fn a_body_is_cut_between_characters_and_binary_is_shown_as_digits() {
        let reel = Reel::default();
        let text = format!("x{}", "ü".repeat(MAX_TEXT_BYTES));
        let cut = reel.excerpt(text.as_bytes());
        assert_eq!(cut.size_bytes, text.len());
        assert!(text.starts_with(&cut.text.unwrap()));
        let binary = reel.excerpt(&[0xff, 0x00, 0x10]);
        assert_eq!((binary.text, binary.hex.as_deref()), (None, Some("ff0010")));
    }

    #[tokio::test]
    async fn requests_are_on_behalf_of_the_test_that_makes_them_even_side_by_side() {
        let tape = Tape::default();
        let one = |name: &'static str| {
            let tape = tape.clone();
            on_behalf_of(name, async move {
                for _ in 0..3 {
                    tokio::task::yield_now().await;
                    drop(tape.open("http://h", &request(&format!("/{name}"), ""), &HeaderMap::new()));
                }
            })
        };
        tokio::join!(one("a"), one("b"));
        let kept = tape.exchanges();
        assert_eq!(kept.len(), 6);
        for exchange in kept {
            assert_eq!(exchange.url, format!("http://h/{}", exchange.part.unwrap()));
        }
        tape.hide(&Secret::new("s3cret"));
        let of_a = tape.of_part("a");
        assert_eq!(of_a.exchanges().len(), 3);
        assert!(
            of_a.exchanges()
                .iter()
                .all(|exchange| exchange.part.as_deref() == Some("a"))
        );
        assert_eq!(of_a.without_secrets("s3cret"), HIDDEN);
    }
}
