//! Every answer has a request id; a sane one of the caller's is taken over.

use reqwest::Method;
use rstest::rstest;

use crate::harness::{Answer, Server};

#[rstest]
#[case::a_page("/health", 200)]
#[case::a_refusal("/v1/tts/jobs/none", 404)]
#[case::an_unknown_path("/nothing", 404)]
#[tokio::test]
async fn a_sane_id_is_taken_over(#[case] path: &str, #[case] status: u16) {
    let server = Server::start(&[]).await;
    let request = server
        .request(Method::GET, path)
        .header("x-request-id", "caller-1:2.3_4");
    let answer = Answer::to(request).await;
    assert_eq!(
        (answer.status, answer.header("x-request-id")),
        (status, "caller-1:2.3_4")
    );
    if status != 200 {
        assert_eq!(answer.json()["request_id"], "caller-1:2.3_4");
    }
}

#[rstest]
#[case::none(None)]
#[case::too_long(Some("x".repeat(129)))]
#[case::with_a_quote(Some("a\"b".to_owned()))]
#[case::with_a_space(Some("a b".to_owned()))]
#[tokio::test]
async fn an_insane_id_is_replaced(#[case] given: Option<String>) {
    let server = Server::start(&[]).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut request = server.request(Method::GET, "/v1/tts/jobs/none");
        if let Some(given) = &given {
            request = request.header("x-request-id", given);
        }
        // The problem's member is compared with the header there.
        let answer = Answer::to(request).await;
        answer.problem(404, "job_not_found");
        ids.push(answer.header("x-request-id").to_owned());
    }
    assert!(
        ids.iter().all(|id| !id.is_empty() && Some(id) != given.as_ref()),
        "{ids:?}"
    );
    assert_ne!(ids[0], ids[1]);
}
