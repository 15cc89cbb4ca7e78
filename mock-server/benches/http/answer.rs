//! How long an answer is.

use httparse::{EMPTY_HEADER, Response, Status};

use crate::rig::Unmeasured;

/// The length of the answer that begins like this, head and body, in bytes. Servers send a head at once, so all of it is
/// there.
pub(super) fn len(begin: &[u8]) -> Result<usize, Unmeasured> {
    let mut fields = [EMPTY_HEADER; 32];
    let mut answer = Response::new(&mut fields);
    let Status::Complete(head) = answer.parse(begin)? else {
        return Err(Unmeasured("an answer's head came in pieces".to_owned()));
    };
    let len = answer
        .headers
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case("content-length"));
    match (answer.code, len) {
        (Some(200 | 206), Some(len)) => Ok(head + str::from_utf8(len.value)?.parse::<usize>()?),
        (Some(200 | 206), None) => Err(Unmeasured("an answer does not say its length".to_owned())),
        (code, _) => Err(Unmeasured(format!(
            "an answer has status {}; legal: 200, 206",
            code.unwrap_or_default()
        ))),
    }
}
