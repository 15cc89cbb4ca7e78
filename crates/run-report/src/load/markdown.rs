//! A load run as Markdown.

use std::io::{self, Write};

use super::{
    LoadResult,
    words::{figure, time, totals},
};
use crate::{
    Markdown,
    escape::markdown as code,
    exporter::Exporter,
    markdown::Page,
    soak::{markdown::growth, words::warm_up},
    words::{millis, ratio},
};

impl Exporter<LoadResult> for Markdown {
    fn export(&self, run: &LoadResult, out: &mut dyn Write) -> io::Result<()> {
        let mut page = Page::new(self, "the load result");
        let sign = if run.pass { "✅" } else { "❌" };
        page.line(&format!(
            "## {sign} Load {}: {} (exit {})\n",
            code(&run.profile),
            run.exit_code,
            run.exit_code.code()
        ));
        page.line(&format!("{}\n", code(&totals(run))));
        for reason in &run.reasons {
            page.line(&format!("- {}", code(&reason.text)));
        }
        for notice in &run.notices {
            page.line(&format!("- notice: {}", code(notice)));
        }
        for one in &run.figures {
            page.line(&format!("- {}: {}", code(&one.name), figure(one)));
        }
        judged(run, &mut page);
        if let Some(leaks) = &run.leaks {
            growth(&leaks.trends, &mut page);
            page.line(&format!("\n{}", code(&warm_up(&leaks.warm_up))));
        }
        page.title("Steps");
        page.line("| step | requests | failed | 429 | p50 | p95 | p99 | max |");
        page.line("|---|--:|--:|--:|--:|--:|--:|--:|");
        for step in &run.steps {
            let times = step.response.as_ref();
            page.line(&format!(
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                code(&step.step),
                step.requests,
                step.failed,
                step.rate_limited,
                time(times, |t| t.p50_ms),
                time(times, |t| t.p95_ms),
                time(times, |t| t.p99_ms),
                time(times, |t| t.max_ms),
            ));
        }
        out.write_all(page.finish().as_bytes())
    }
}

fn judged(run: &LoadResult, page: &mut Page) {
    let sign = |pass| if pass { "✅" } else { "❌" };
    page.title("Thresholds and invariants");
    page.line("| | what | value |");
    page.line("|---|---|---|");
    for one in &run.thresholds {
        page.line(&format!(
            "| {} | {} | {} |",
            sign(one.pass),
            code(&one.threshold),
            code(&one.shown)
        ));
    }
    for one in &run.invariants {
        page.line(&format!(
            "| {} | {} | {} |",
            sign(one.pass),
            code(&one.name),
            code(&one.detail)
        ));
    }
    if run.endpoints.is_empty() {
        return;
    }
    page.title("Endpoints");
    page.line("| | endpoint | p95 | target | baseline | ratio |");
    page.line("|---|---|--:|--:|--:|--:|");
    let ms = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), millis);
    for one in &run.endpoints {
        page.line(&format!(
            "| {} | {} | {} | {} | {} | {} |",
            sign(one.pass),
            code(&one.endpoint),
            ms(one.p95_ms),
            ms(one.target_ms),
            ms(one.baseline_p95_ms),
            one.ratio.map_or_else(|| "-".to_owned(), ratio),
        ));
    }
}
