//! The page to read and try the API on, over the real binary and a real socket; only with the feature `api-page`.

use reqwest::{
    Client, Method, Response,
    header::{HeaderMap, IF_NONE_MATCH},
};
use rstest::rstest;
use serde_json::Value;
use server_process::{Launch, ServerProcess};
use test_support::client;

const FILES: [(&str, &str); 4] = [
    ("/docs", "text/html; charset=utf-8"),
    ("/docs/start.js", "text/javascript; charset=utf-8"),
    ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
];

struct Server {
    process: ServerProcess,
    http: Client,
}

impl Server {
    async fn start(args: &[&str]) -> Self {
        let launch = Launch::new(env!("CARGO_BIN_EXE_mock-server"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(args);
        Self {
            process: launch.start().await.expect("a server that listens"),
            http: client().build().expect("a client"),
        }
    }

    async fn ask(&self, method: Method, path: &str, headers: HeaderMap) -> Response {
        let url = format!("{}{path}", self.process.base_url());
        let request = self.http.request(method, url).headers(headers);
        request.send().await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, HeaderMap::new()).await
    }
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    let value = answer.headers().get(name);
    value.map_or("", |value| value.to_str().expect("visible ASCII"))
}

async fn problem(answer: Response, status: u16, code: &str) {
    assert_eq!(answer.status(), status);
    assert_eq!(header(&answer, "content-type"), "application/problem+json");
    let id = header(&answer, "x-request-id").to_owned();
    let problem: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["request_id"], id, "{problem}");
}

#[tokio::test]
async fn each_file_is_served_as_what_it_is_and_may_load_from_here_only() {
    let server = Server::start(&[]).await;
    for (path, content_type) in FILES {
        let answer = server.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(header(&answer, "content-type"), content_type, "{path}");
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "cache-control"), "public, no-cache", "{path}");
        assert_eq!(
            header(&answer, "content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert!(!answer.bytes().await.expect("a body").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn all_that_the_page_names_is_served() {
    let server = Server::start(&[]).await;
    let page = server.get("/docs").await.text().await.expect("a page");
    let script = server.get("/docs/start.js").await.text().await.expect("a script");
    let quoted = |text: &str, before: &str| -> Vec<String> {
        let rest = text.split(before).skip(1);
        rest.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect()
    };
    let mut named = [
        quoted(&page, "src=\""),
        quoted(&page, "href=\""),
        quoted(&script, "fetch(\""),
    ]
    .concat();
    named.retain(|name| !name.starts_with("data:"));
    assert_eq!(
        named,
        [
            "docs/swagger-ui-bundle.js",
            "docs/start.js",
            "docs/swagger-ui.css",
            "openapi.json",
            "openapi.json"
        ]
    );
    for name in named {
        // Relative to the page, so that a proxy may serve all of it under a prefix.
        assert_eq!(server.get(&format!("/{name}")).await.status(), 200, "{name}");
    }
}

#[tokio::test]
async fn a_copy_is_good_until_another_build_has_another_tag() {
    let server = Server::start(&[]).await;
    for (path, _) in FILES {
        let tag = server.get(path).await.headers()["etag"].clone();
        for (known, status) in [(tag, 304), ("\"another\"".parse().expect("a tag"), 200)] {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, known)]);
            let answer = server.ask(Method::GET, path, headers).await;
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(header(&answer, "cache-control"), "public, no-cache", "{path}");
        }
    }
}

#[tokio::test]
async fn head_says_what_get_says() {
    let server = Server::start(&[]).await;
    for (path, _) in FILES {
        let (get, head) = (
            server.get(path).await,
            server.ask(Method::HEAD, path, HeaderMap::new()).await,
        );
        let said = |answer: &Response| {
            let mut headers = answer.headers().clone();
            headers.remove("date");
            headers.remove("x-request-id");
            (answer.status(), headers)
        };
        assert_eq!(said(&head), said(&get), "{path}");
        let announced = header(&get, "content-length").to_owned();
        assert_eq!(
            get.bytes().await.expect("a body").len().to_string(),
            announced,
            "{path}"
        );
    }
}

#[rstest]
#[case::unknown("/docs/swagger-ui.js")]
#[case::of_the_library("/docs/index.html")]
#[case::its_initializer("/docs/swagger-initializer.js")]
#[case::nothing("/docs/")]
#[case::further_below("/docs/a/b")]
#[case::upwards("/docs/..%2Fopenapi.json")]
#[tokio::test]
async fn below_the_page_is_nothing_else(#[case] path: &str) {
    let server = Server::start(&[]).await;
    problem(server.get(path).await, 404, "not_found").await;
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_legal() {
    let server = Server::start(&[]).await;
    for (path, _) in FILES {
        for method in [Method::POST, Method::DELETE, Method::PUT] {
            let answer = server.ask(method, path, HeaderMap::new()).await;
            assert_eq!(header(&answer, "allow"), "GET,HEAD", "{path}");
            problem(answer, 405, "method_not_allowed").await;
        }
    }
}

#[tokio::test]
async fn a_precondition_that_fails_is_a_problem_and_so_is_a_range_beyond_the_end() {
    let server = Server::start(&[]).await;
    for (name, value, status, code) in [
        ("if-match", "\"another\"", 412, "precondition_failed"),
        ("range", "bytes=99999999-", 416, "range_not_satisfiable"),
    ] {
        let name = name.parse::<reqwest::header::HeaderName>().expect("a name");
        let headers = HeaderMap::from_iter([(name, value.parse().expect("a value"))]);
        problem(
            server.ask(Method::GET, "/docs/swagger-ui.css", headers).await,
            status,
            code,
        )
        .await;
    }
}

/// A browser cannot send the token with a link; what the page reads is as guarded as ever.
#[tokio::test]
async fn behind_an_api_token_the_page_is_open_and_the_document_is_not() {
    let server = Server::start(&["--api-token", "secret"]).await;
    for (path, _) in FILES {
        assert_eq!(server.get(path).await.status(), 200, "{path}");
    }
    problem(server.get("/openapi.json").await, 401, "unauthorized").await;
}
