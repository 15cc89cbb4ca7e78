//! A page to read the API on and to try it: Swagger UI, embedded in the program, over the document of this server.
//!
//! It is no part of the API, so the document does not name it. It says the same to everybody and tells nothing of this
//! server, so no token guards it: a browser has no way to send one with a link. The document that it reads is guarded
//! like any other route, and the page asks for the token then.

use std::{
    io::{Cursor, Read as _},
    sync::LazyLock,
    time::SystemTime,
};

use axum::{
    Router,
    body::Body,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use zip::ZipArchive;

use super::{App, media, problem::Refusal};
use crate::{
    content_key,
    representation::{Answer, ETag, Representation, select},
};

/// Where the page is; what it loads lies below.
const PAGE: &str = "/docs";

/// Scripts, styles and requests are this server's own; images may stand in the style sheet.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What stands on each of its answers. The tag says whether a copy is still good after another build was started.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (CACHE_CONTROL, HeaderValue::from_static("public, no-cache")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Name below the page, and what it is.
static ASSETS: LazyLock<[(&str, Asset); 4]> = LazyLock::new(|| {
    let own = |text: &'static str| Bytes::from_static(text.as_bytes());
    [
        ("", Asset::new(HTML, own(include_str!("page/page.html")))),
        ("start.js", Asset::new(SCRIPT, own(include_str!("page/start.js")))),
        (
            "swagger-ui-bundle.js",
            Asset::new(SCRIPT, vendored("swagger-ui-bundle.js")),
        ),
        ("swagger-ui.css", Asset::new(STYLE, vendored("swagger-ui.css"))),
    ]
});
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

struct Asset {
    representation: Representation,
    bytes: Bytes,
}

/// The page and what it loads.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(PAGE, get(page))
        .route(&format!("{PAGE}/{{asset}}"), get(asset))
}

async fn page(method: Method, headers: HeaderMap) -> Result<Response, Refusal> {
    answer("", &method, &headers)
}

async fn asset(Path(name): Path<String>, method: Method, headers: HeaderMap) -> Result<Response, Refusal> {
    answer(&name, &method, &headers)
}

fn answer(name: &str, method: &Method, headers: &HeaderMap) -> Result<Response, Refusal> {
    let asset = ASSETS.iter().find(|(known, _)| *known == name);
    let (_, asset) = asset.ok_or_else(|| Refusal::not_found("not_found", "no route has this path"))?;
    let of = &asset.representation;
    let answer = Answer::new(method, select(method, headers, of), of);
    let mut response = match media::refused(answer.status, of.len()) {
        Some(refusal) => refusal.into_response(),
        None => {
            let content = answer.content.of(&asset.bytes);
            let content = content.map_err(|error| Refusal::internal(error.to_string()))?;
            (answer.status, Body::new(content)).into_response()
        }
    };
    response.headers_mut().extend(HeaderMap::from(answer.headers));
    if !answer.status.is_client_error() {
        response.headers_mut().extend(HEADERS);
    }
    Ok(response)
}

impl Asset {
    fn new(content_type: &'static str, bytes: Bytes) -> Self {
        let tag = ETag::strong(&content_key::of_page(&bytes)).expect("hex digits can stand in a tag");
        let content_type = HeaderValue::from_static(content_type);
        Self {
            // Nothing changes while the process runs.
            representation: Representation::new(tag, SystemTime::now(), content_type, bytes.len() as u64),
            bytes,
        }
    }
}

/// A file of Swagger UI, out of its release as it was published.
fn vendored(name: &str) -> Bytes {
    let release = Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED);
    let mut release = ZipArchive::new(release).expect("a release of Swagger UI");
    let ending = format!("/dist/{name}");
    let path = release
        .file_names()
        .flatten()
        .find(|path| path.ends_with(&ending));
    let path = path.expect("a file of the release").into_owned();
    let mut bytes = Vec::new();
    let mut file = release.by_name(&path).expect("the file that was found");
    file.read_to_end(&mut bytes).expect("a sound release");
    bytes.into()
}
