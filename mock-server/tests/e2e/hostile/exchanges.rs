//! The table of exchanges, each once.

use abuse::{exchange::Target, exchanges::GROUPS};
use rstest::rstest;

use crate::harness::{ADMIN, Server};

#[rstest]
#[case::request_lines("request lines")]
#[case::other_protocols("other protocols")]
#[case::head_fields("head fields")]
#[case::repeated_fields("repeated fields")]
#[case::smuggling("smuggling")]
#[case::bodies("bodies")]
#[case::json("JSON")]
#[case::ranges("ranges")]
#[case::numbers_and_cursors("numbers and cursors")]
#[case::fault_rules("fault rules")]
#[case::pipelining("pipelining")]
#[tokio::test]
async fn what_is_said_in_one_piece_is_refused_bounded_or_borne(#[case] group: &str) {
    let group = GROUPS.iter().find(|known| known.name == group).expect("a group");
    let server = Server::with_faults(&["--max-active-jobs", "100"]).await;
    let job = server.submit("A quiet sentence.").await;
    job.complete().await;
    let target = Target {
        address: server.address(),
        job: job.id.clone(),
        admin_token: ADMIN.to_owned(),
    };
    let exchanges = (group.of)(&target);
    assert!(!exchanges.is_empty());
    let mut wrong = Vec::new();
    for exchange in &exchanges {
        if let Err(error) = exchange.run(&target.address).await {
            wrong.push(format!("{}: {error}", exchange.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_group_of_the_table_is_run() {
    let this = include_str!("exchanges.rs");
    for group in GROUPS {
        assert!(this.contains(&format!("(\"{}\")", group.name)), "{}", group.name);
    }
}
