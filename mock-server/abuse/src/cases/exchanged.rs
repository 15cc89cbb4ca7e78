//! Every exchange of the table, again and again, on many connections at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{BODY_BYTES, HEAD_BYTES, case, holding};
use crate::{
    case::Case,
    exchange::{Exchange, Target},
    exchanges::{GROUPS, Group},
    subject::Subject,
};

/// How often each exchange is run, and on how many connections at a time.
const ROUNDS: usize = 8;
const AT_ONCE: usize = 8;
/// Accepted jobs of a round may be as many as the server has exchanges for; their records are kept.
const KEPT_BYTES: u64 = 48 << 20;

pub(super) fn cases() -> Vec<Case> {
    GROUPS.into_iter().map(of_group).collect()
}

fn of_group(group: Group) -> Case {
    let mut memory = holding(AT_ONCE as u64, HEAD_BYTES + BODY_BYTES);
    memory.kept_bytes = KEPT_BYTES;
    case(
        [group.name, group.sends, group.expects],
        &["--max-active-jobs", "1000"],
        memory,
        move |subject| Box::pin(run(subject, group)),
    )
}

async fn run(subject: &Subject, group: Group) -> Result<String, String> {
    let exchanges = (group.of)(&subject.target);
    let kinds = exchanges.len();
    let all = Arc::new(
        exchanges
            .into_iter()
            .cycle()
            .take(kinds * ROUNDS)
            .collect::<Vec<_>>(),
    );
    let mut running = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (all, target) = (all.clone(), subject.target.clone());
        running.spawn(async move { every(&all, worker, &target).await });
    }
    let mut wrong: Vec<String> = running.join_all().await.concat();
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() {
        Ok(format!("{kinds} kinds × {ROUNDS}, all as expected"))
    } else {
        Err(wrong.join("; "))
    }
}

async fn every(all: &[Exchange], worker: usize, target: &Target) -> Vec<String> {
    let mut wrong = Vec::new();
    for exchange in all.iter().skip(worker).step_by(AT_ONCE) {
        if let Err(error) = exchange.run(&target.address).await {
            wrong.push(format!("{}: {error}", exchange.name));
        }
    }
    wrong
}
