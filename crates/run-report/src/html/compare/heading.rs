//! What stands at the head of a comparison's page: the verdict with its reasons, the figures, how it was made, what ran.

use perf_guard::comparison::PairedVerdict;

use super::{
    super::{
        frame::{Fact, Figure, Frame, Tone, facts, machine, reasons},
        shown::{name, sentence},
    },
    MOST,
};
use crate::{
    compare::{ArmInfo, CompareRun, Interleaved, SameTexts, words as compared},
    words,
};

pub(super) fn frame(run: &CompareRun) -> Frame {
    Frame {
        kind: "Comparison",
        subject: format!(
            "base {} against head {}",
            name(&run.base.given),
            name(&run.head.given)
        ),
        exit: run.exit_code,
        summary: summary(run),
        reasons: reasons(
            run.verdict_reasons
                .iter()
                .map(|reason| (reason.exit_code, reason.text.as_str())),
        ),
        notices: run.notices.iter().take(MOST).map(|text| sentence(text)).collect(),
        figures: figures(run),
        facts: what_ran(run),
        sections: Vec::new(),
        source: format!("compare.json, schema version {}", run.schema_version),
    }
}

fn summary(run: &CompareRun) -> String {
    if run.tests.is_empty() {
        return "No test was compared, so nothing is known.".to_owned();
    }
    format!("{} of {} timed values.", compared::counts(run), run.tests.len())
}

fn figures(run: &CompareRun) -> Vec<Figure> {
    let count = |verdict| run.tests.iter().filter(|test| test.verdict == verdict).count();
    let some = |n: usize, tone| if n > 0 { tone } else { Tone::Plain };
    let [regressed, improved, not_shown, insufficient] = [
        PairedVerdict::Regressed,
        PairedVerdict::Improved,
        PairedVerdict::NotShown,
        PairedVerdict::Insufficient,
    ]
    .map(count);
    let figure = |name, value: String, tone| Figure { name, value, tone };
    let mut figures = vec![
        figure(
            "regressed",
            regressed.to_string(),
            if run.tests.is_empty() {
                Tone::Doubtful
            } else if regressed > 0 {
                Tone::Bad
            } else {
                Tone::Good
            },
        ),
        figure("improved", improved.to_string(), some(improved, Tone::Good)),
        figure("no slowdown shown", not_shown.to_string(), Tone::Plain),
        figure(
            "insufficient data",
            insufficient.to_string(),
            some(insufficient, Tone::Doubtful),
        ),
    ];
    let detectable: Vec<f64> = run
        .tests
        .iter()
        .filter_map(|test| test.detectable_ratio)
        .collect();
    if let (Some(least), Some(most)) = (
        detectable.iter().copied().reduce(f64::min),
        detectable.iter().copied().reduce(f64::max),
    ) {
        let value = format!(
            "{} to {}",
            compared::change(least).trim_end_matches(" %"),
            compared::change(most)
        );
        figures.push(figure("smallest slowdown it could show", value, Tone::Plain));
    }
    figures.extend(
        run.timing_total_s
            .map(|total| figure("wall time", words::time(total), Tone::Plain)),
    );
    figures
}

pub(super) fn method(run: &CompareRun) -> Vec<String> {
    let capital = |text: String| {
        let mut chars = text.chars();
        chars.next().map_or_else(String::new, |first| {
            first.to_uppercase().collect::<String>() + chars.as_str()
        })
    };
    let mut method = vec![compared::method(run), compared::floor(&run.plan)];
    method.extend(compared::sensitivity(run));
    method
        .into_iter()
        .map(|text| format!("{}.", capital(sentence(&text))))
        .collect()
}

fn what_ran(run: &CompareRun) -> Vec<Fact> {
    let arm = |info: &ArmInfo| {
        let place = info
            .api_base
            .as_deref()
            .map(|base| format!(" at {base}"))
            .unwrap_or_default();
        let work = format!("; {} jobs, {} characters", info.jobs, info.characters);
        name(&format!("{}{place}{work}", compared::arm(info)))
    };
    let plan = &run.plan;
    facts([
        ("Base", Some(arm(&run.base))),
        ("Head", Some(arm(&run.head))),
        (
            "Same server",
            run.same_target
                .then(|| "yes: any difference is a false alarm".to_owned()),
        ),
        ("Target", Some(name(&run.target))),
        ("Suite version", Some(name(&run.suite_version))),
        ("Started", Some(words::moment(run.started_at))),
        ("Ended", run.finished_at.map(words::moment)),
        ("Machine", Some(machine(&run.environment))),
        (
            "Runs an arm",
            Some(name(&format!("{} ({})", plan.runs, plan.runs_because))),
        ),
        (
            "Interleaved",
            Some(
                match plan.interleaved {
                    Interleaved::SideBySide => "both servers run, and the runs of a pair are neighbours",
                    Interleaved::OneAtATime => "one server at a time",
                }
                .to_owned(),
            ),
        ),
        (
            "Texts of a pair",
            Some(
                match plan.texts {
                    SameTexts::Same => "the same",
                    SameTexts::Own => "each arm its own, of the same length",
                }
                .to_owned(),
            ),
        ),
        ("Warm-up runs", Some(plan.warm_up_runs.to_string())),
        ("Settings digest", Some(name(&run.settings_digest))),
    ])
}
