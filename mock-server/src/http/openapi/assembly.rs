//! The whole document, from the routes.

use std::collections::BTreeMap;

use audio_api::Problem;
use serde_json::{Map, Value, json};
use utoipa::ToSchema as _;

use super::super::{router, routes::Documented};
use super::{code, header, operation::Schemas, parameter};

const ABOUT: &str = "Jobs that turn text into audio. A text is submitted, split into segments, synthesised; the playlist \
    lists the segments, which are fetched one by one, or merged.\n\n\
    - Errors are problem details (RFC 9457) with a `code`.\n\
    - Every GET route answers HEAD; another method than those documented is refused with 405 `method_not_allowed` and \
    `Allow`, an unknown path with 404 `not_found`.\n\
    - A request whose head cannot be taken reaches no route, and its connection is closed: with 400 when it cannot be \
    read, 408 when it comes too slowly, 413, 414 or 431 when it is too large, 501 or 505 when it wants what is not \
    known, 503 when too many connections are open.\n\
    - A fault rule can make the operations that name `x-fault-stages` answer any status from 400 to 599 with the code \
    `injected_fault`.\n\
    - `/api/tts/jobs` is an alias of `/v1/tts/jobs`.\n\
    - Unknown members of answers are to be ignored: additions are additive.";

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Everybody,
    ApiToken,
    AdminToken,
}

impl Access {
    /// Alternatives; the API token is needed only where the server has one.
    fn requirements(self) -> Vec<Value> {
        match self {
            Self::Everybody => Vec::new(),
            Self::ApiToken => vec![json!({}), json!({"api_token": []})],
            Self::AdminToken => vec![
                json!({"admin_token": []}),
                json!({"admin_token": [], "api_token": []}),
            ],
        }
    }
}

/// The document.
pub(super) fn document() -> Value {
    let mut paths = BTreeMap::<String, Map<String, Value>>::new();
    let mut schemas = vec![(
        Problem::name().into_owned(),
        <Problem as utoipa::PartialSchema>::schema(),
    )];
    let groups = [
        (Access::Everybody, router::open_routes()),
        (Access::ApiToken, router::api_routes()),
        (Access::AdminToken, router::fault_routes()),
    ];
    for (access, routes) in groups {
        for documented in routes.operations() {
            let operation = operation(access, &documented, &mut schemas);
            paths
                .entry(documented.path)
                .or_default()
                .insert(documented.method.to_owned(), operation);
        }
    }
    let paths = json!(paths);
    let written = paths.to_string();
    let used = |name: &String| written.contains(&format!("\"#/components/headers/{name}\""));
    let headers: Map<_, _> = header::components()
        .into_iter()
        .filter(|(name, _)| used(name))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Touchstone audio-job API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.into_iter().collect::<BTreeMap<_, _>>(),
            "parameters": parameter::components(),
            "headers": headers,
            "securitySchemes": {
                "api_token": {
                    "type": "http", "scheme": "bearer", "description": "Needed on a server with --api-token.",
                },
                "admin_token": {
                    "type": "apiKey", "in": "header", "name": "X-Admin-Token",
                    "description": "What --admin-token says; without it the fault routes are off.",
                },
            },
        },
    })
}

fn operation(access: Access, documented: &Documented, schemas: &mut Schemas) -> Value {
    let mut operation = (documented.describe)();
    schemas.append(&mut operation.schemas);
    if access != Access::Everybody {
        operation = operation.refuses(&[code::unauthorized]);
    }
    if access == Access::AdminToken {
        operation = operation.refuses(&[code::not_found]);
    }
    if documented.path.contains('{') {
        operation = operation.refuses(&[code::bad_request]);
    }
    if documented.method == "head" {
        operation = operation.without_content();
    }
    let suffix = if documented.path.starts_with("/api/") {
        "ByAlias"
    } else {
        ""
    };
    operation.render(suffix, &documented.path, &access.requirements())
}
