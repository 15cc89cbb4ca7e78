//! The run as a Markdown summary, for step summaries and pull request comments.

use std::io::{self, Write};

use crate::{
    escape::markdown as code,
    exporter::Exporter,
    golden_run::GoldenRun,
    test_result::{TestResult, TestStatus},
    words,
};

/// The run as Markdown. What does not fit is left out from the end, and the text says so.
#[derive(Debug, Clone, Copy)]
pub struct Markdown {
    limit_bytes: usize,
}

impl Markdown {
    /// For `$GITHUB_STEP_SUMMARY`, which takes 1 MiB a step; half of it, so that others may add theirs.
    pub const STEP_SUMMARY: Self = Self {
        limit_bytes: 512 << 10,
    };
    /// For a comment, which takes 65,536 characters.
    pub const COMMENT: Self = Self { limit_bytes: 60_000 };
}

impl Default for Markdown {
    fn default() -> Self {
        Self::STEP_SUMMARY
    }
}

impl Exporter for Markdown {
    fn export(&self, run: &GoldenRun, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "golden.json");
        head(run, &mut page);
        slower(run, &mut page);
        not_passed(run, &mut page);
        guarded(run, &mut page);
        all_tests(run, &mut page);
        out.write_all(page.finish().as_bytes())
    }
}

/// Collects whole lines up to the limit, so that cutting never breaks markup.
pub(crate) struct Page {
    text: String,
    limit_bytes: usize,
    left_out: usize,
    /// The file that has everything.
    whole: &'static str,
}

impl Page {
    pub(crate) const fn new(markdown: &Markdown, whole: &'static str) -> Self {
        Self {
            text: String::new(),
            limit_bytes: markdown.limit_bytes,
            left_out: 0,
            whole,
        }
    }

    pub(crate) fn line(&mut self, line: &str) {
        // Once something was left out, all that follows is too: a table without its head is no table.
        if self.left_out > 0 || self.text.len() + line.len() + 100 > self.limit_bytes {
            self.left_out += 1;
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(crate) fn title(&mut self, title: &str) {
        self.line(&format!("\n### {title}\n"));
    }

    pub(crate) fn finish(mut self) -> String {
        if self.left_out > 0 {
            self.text.push_str(&format!(
                "\n{} more lines did not fit; {} has them.\n",
                self.left_out, self.whole
            ));
        }
        self.text
    }
}

fn head(run: &GoldenRun, page: &mut Page) {
    let sign = if run.pass { "✅" } else { "❌" };
    page.line(&format!("## {sign} Golden suite: {}\n", words::verdict(run)));
    let count = |status| run.tests.iter().filter(|t| t.status == status).count();
    let time = run
        .timing_total_s
        .map(|s| format!(" in {}", words::time(s)))
        .unwrap_or_default();
    page.line(&format!(
        "{} passed, {} failed, {} skipped{time} against {}; {} timed values guarded, {} too slow.\n",
        count(TestStatus::Passed),
        count(TestStatus::Failed),
        count(TestStatus::Skipped),
        code(&run.api_base),
        run.perf_checked,
        run.perf_failures.len(),
    ));
    for reason in &run.verdict_reasons {
        page.line(&format!("- {}", code(&reason.text)));
    }
    for fault in &run.faults_fired {
        page.line(&format!(
            "- fault {} fired {} times",
            code(&fault.rule),
            fault.fired_total
        ));
    }
    for notice in &run.notices {
        page.line(&format!("- notice: {}", code(notice)));
    }
}

fn slower(run: &GoldenRun, page: &mut Page) {
    if run.perf_failures.is_empty() {
        return;
    }
    page.title("Slower than the threshold");
    page.line("| timed | measured | baseline | threshold | effective ratio | where |");
    page.line("|---|--:|--:|--:|--:|---|");
    for failure in &run.perf_failures {
        page.line(&format!(
            "| {} | {} | {} | {} | {} | {} |",
            code(&words::timed(failure)),
            words::time(failure.measured_s),
            words::time(failure.baseline_s),
            words::time(failure.threshold_s),
            words::ratio(failure.effective_ratio),
            code(&words::explanation(&failure.explain)),
        ));
    }
}

fn not_passed(run: &GoldenRun, page: &mut Page) {
    for (status, title) in [(TestStatus::Failed, "Failed"), (TestStatus::Skipped, "Skipped")] {
        let tests: Vec<&TestResult> = run.tests.iter().filter(|t| t.status == status).collect();
        if tests.is_empty() {
            continue;
        }
        page.title(title);
        for test in tests {
            let reason = test.reason.as_deref().unwrap_or("no reason given");
            page.line(&format!("- {}: {}", code(&test.label()), code(reason)));
            for line in &test.evidence {
                page.line(&format!("  - {}", code(line)));
            }
        }
    }
}

fn guarded(run: &GoldenRun, page: &mut Page) {
    page.title("Guard");
    for difference in &run.env_differences {
        page.line(&format!(
            "- baseline from elsewhere: {}",
            code(&difference.to_string())
        ));
    }
    for unguarded in words::unguarded(run) {
        page.line(&format!("- not guarded: {}", code(&unguarded)));
    }
    for extra in &run.perf_extra {
        page.line(&format!(
            "- in the baseline, not measured: {}",
            code(&format!("{} ({})", extra.name, extra.cache))
        ));
    }
    if run.perf_checks.is_empty() {
        page.line("\nNo time was held against a baseline.");
        return;
    }
    page.line("\n| timed | cache | measured | baseline | threshold | effective ratio |");
    page.line("|---|---|--:|--:|--:|--:|");
    for check in &run.perf_checks {
        page.line(&format!(
            "| {} | {} | {} | {} | {} | {} |",
            code(&check.name),
            check.cache,
            words::time(check.measured_s),
            words::time(check.baseline_s),
            words::time(check.threshold_s),
            words::ratio(check.effective_ratio),
        ));
    }
}

fn all_tests(run: &GoldenRun, page: &mut Page) {
    if run.tests.is_empty() {
        return;
    }
    page.title("Tests");
    page.line("| test | cache | result | submit to complete | segments ready |");
    page.line("|---|---|---|--:|--:|");
    for test in &run.tests {
        let cache = test.cache.map(|c| c.to_string()).unwrap_or_default();
        let time = test
            .timing_submit_to_complete_s
            .map(words::time)
            .unwrap_or_default();
        let segments = words::segments(test);
        page.line(&format!(
            "| {} | {cache} | {} | {time} | {segments} |",
            code(&test.name),
            test.status.as_str()
        ));
    }
}
