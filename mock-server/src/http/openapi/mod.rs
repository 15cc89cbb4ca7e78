//! The API as an OpenAPI 3.1 document: made from the routes and the wire types, at the first request, once.
//!
//! [`describe`] says of each operation what it takes and answers, [`code`] what each problem's code means, [`parameter`]
//! and [`header`] what the fields mean. A route cannot be added without its operation (`routes`); that the answers are
//! those documented is what the end-to-end tests hold every answer to.

mod answer;
mod assembly;
mod code;
pub(super) mod describe;
mod header;
mod operation;
mod parameter;

use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{
    HeaderValue,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};

pub(super) use operation::Operation;

/// The document as it is served: JSON in UTF-8.
pub fn document() -> Bytes {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| assembly::document().to_string().into())
        .clone()
}

/// `GET /openapi.json`
pub(super) async fn get() -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, document()).into_response()
}
