//! What stands around a load run's tables: what it was, how it ended, the first figures.

use super::{
    super::{
        frame::{Fact, Figure, Frame, Tone, commit, facts, machine, reasons, sections},
        growth::Growth,
        shown::{name, sentence},
    },
    MOST,
};
use crate::{
    load::{LoadResult, words as load},
    words,
};

pub(super) fn frame(run: &LoadResult, growth: &[Growth]) -> Frame {
    let sections = sections([
        (true, "judged", "Thresholds and invariants"),
        (!run.endpoints.is_empty(), "endpoints", "Endpoints"),
        (!run.timeline.load.is_empty(), "time", "Over time"),
        (!run.timeline.load.is_empty(), "against", "Latency against load"),
        (!run.steps.is_empty(), "steps", "Steps"),
        (!run.phases.is_empty(), "phases", "Before, during, after"),
        (!growth.is_empty(), "growth", "Growth"),
        (!run.timeline.server.is_empty(), "server", "Server"),
        (run.generator.is_some(), "generator", "Generator"),
        (true, "status", "Status at the end"),
        (true, "ran", "What ran"),
    ]);
    Frame {
        kind: "Load run",
        subject: format!("{} on {}", name(&run.profile), name(&run.target)),
        exit: run.exit_code,
        summary: format!("{}.", sentence(&load::totals(run))),
        reasons: reasons(
            run.reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections,
        source: format!(
            "load-{}.json, schema version {}",
            name(&run.profile),
            run.schema_version
        ),
    }
}

fn figures(run: &LoadResult) -> Vec<Figure> {
    let single = || run.steps.iter().filter(|step| !step.composite);
    let requests: u64 = single().map(|step| step.requests).sum();
    let failed: u64 = single().map(|step| step.failed).sum();
    let limited: u64 = single().map(|step| step.rate_limited).sum();
    let broken = run.thresholds.iter().filter(|one| !one.pass).count();
    let bad = |is: bool| if is { Tone::Bad } else { Tone::Good };
    vec![
        Figure {
            name: "requests",
            value: requests.to_string(),
            tone: Tone::Plain,
        },
        Figure {
            name: "failed",
            value: failed.to_string(),
            tone: bad(failed > 0),
        },
        Figure {
            name: "answered with 429",
            value: limited.to_string(),
            tone: Tone::Plain,
        },
        Figure {
            name: "thresholds broken",
            value: format!("{broken} of {}", run.thresholds.len()),
            tone: bad(broken > 0),
        },
        Figure {
            name: "most users",
            value: run.plan.most_users.to_string(),
            tone: Tone::Plain,
        },
    ]
}

fn what_ran(run: &LoadResult) -> Vec<Fact> {
    let plan = &run.plan;
    let mix: Vec<String> = plan
        .mix
        .iter()
        .map(|share| format!("{} × {}", share.weight, share.action))
        .collect();
    let scaled = (plan.scale != 1.0).then(|| format!("times are {} of the profile's", plan.scale));
    let key = run
        .figures
        .iter()
        .map(|one| format!("{}: {}", one.name, load::figure(one)));
    let key: Vec<String> = key.collect();
    facts([
        ("Profile", Some(name(&run.profile))),
        ("For", Some(sentence(&run.description))),
        ("Load", Some(sentence(&load::plan(plan)))),
        ("Scale", scaled),
        (
            "Pause",
            Some(format!("{} s to {} s", plan.think_least_s, plan.think_most_s)),
        ),
        ("Mix", Some(sentence(&mix.join(", ")))),
        ("Figures", Some(sentence(&key.join("; ")))),
        ("Target", Some(name(&run.target))),
        ("Server", Some(name(&run.api_base))),
        ("Server settings", Some(sentence(&plan.server_args.join(" ")))),
        ("Faults", Some(sentence(&plan.faults.join(", ")))),
        ("Seed", Some(plan.seed.to_string())),
        ("Version", Some(name(&run.suite_version))),
        ("Commit", commit(run.git_commit.as_deref(), run.git_dirty)),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
    ])
}
