//! From text to a threshold: `METRIC[{KEY:VALUE}] [:] [AGGREGATE] COMPARISON BOUND`.

use std::{str::FromStr, time::Duration};

use super::{Aggregate, Comparison, Metric, Selector, Threshold};

/// Why a text is no threshold.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("threshold {text:?}: {problem}")]
pub struct ThresholdError {
    /// As written.
    pub text: String,
    /// What is wrong, with what would be legal.
    pub problem: String,
}

const METRICS: &str = "http_req_duration, http_req_service, http_req_first_byte, connect, trend{NAME}, checks, failed, rate_limited, \
                       dropped, http_reqs";
const AGGREGATES: &str = "p(0) to p(100), avg, min, max";

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        parse(text).map_err(|problem| ThresholdError {
            text: text.to_owned(),
            problem,
        })
    }
}

fn parse(text: &str) -> Result<Threshold, String> {
    let (left, comparison, right) = compared(text)?;
    let (subject, aggregate) = subject_and_aggregate(left);
    let (name, braces) = with_braces(subject)?;
    let metric = metric(name, braces, aggregate)?;
    let selector = match (&metric, braces) {
        (Metric::Trend(..) | Metric::Checks(_), _) | (_, None) => Selector::All,
        (Metric::Connect(_) | Metric::Dropped, Some(_)) => {
            return Err(format!("{name} is of the whole run, without braces"));
        }
        (_, Some(inside)) => selector(inside)?,
    };
    Ok(Threshold {
        text: text.trim().to_owned(),
        bound: bound(&metric, right.trim())?,
        metric,
        selector,
        comparison,
    })
}

fn compared(text: &str) -> Result<(&str, Comparison, &str), String> {
    // Not within braces, where a route may hold anything.
    let from = text.rfind('}').map_or(0, |at| at + 1);
    let at = text[from..]
        .find(['<', '>'])
        .map(|at| at + from)
        .ok_or("no comparison; legal: <, <=, >, >=")?;
    let (left, rest) = text.split_at(at);
    let (comparison, length) = match (rest.starts_with('<'), rest[1..].starts_with('=')) {
        (true, false) => (Comparison::Below, 1),
        (true, true) => (Comparison::AtMost, 2),
        (false, false) => (Comparison::Above, 1),
        (false, true) => (Comparison::AtLeast, 2),
    };
    Ok((left.trim(), comparison, &rest[length..]))
}

/// What stands before the aggregate, and the aggregate, which a colon or white space sets off.
fn subject_and_aggregate(left: &str) -> (&str, Option<&str>) {
    let from = left.rfind('}').map_or(0, |at| at + 1);
    let (subject, rest) = match left[from..].find([':', ' ']) {
        Some(at) => left.split_at(from + at),
        None => (left, ""),
    };
    let aggregate = rest.trim_start_matches([':', ' ']).trim();
    (subject.trim(), (!aggregate.is_empty()).then_some(aggregate))
}

fn with_braces(subject: &str) -> Result<(&str, Option<&str>), String> {
    match subject.split_once('{') {
        None => Ok((subject, None)),
        Some((name, rest)) => match rest.strip_suffix('}') {
            Some(inside) if !inside.is_empty() => Ok((name, Some(inside))),
            _ => Err("the braces are empty or not closed; legal: {route:/path} or {step:name}".to_owned()),
        },
    }
}

fn metric(name: &str, braces: Option<&str>, aggregate: Option<&str>) -> Result<Metric, String> {
    let of_times = || {
        let given = aggregate.ok_or_else(|| format!("{name} needs an aggregate; legal: {AGGREGATES}"))?;
        parse_aggregate(given)
    };
    let metric = match name {
        "http_req_duration" => Metric::Duration(of_times()?),
        "http_req_service" => Metric::Service(of_times()?),
        "http_req_first_byte" => Metric::FirstByte(of_times()?),
        "connect" => Metric::Connect(of_times()?),
        "trend" => {
            let trend = braces.ok_or("trend needs its name in braces, as in trend{submit_to_ready}")?;
            Metric::Trend(trend.to_owned(), of_times()?)
        }
        "checks" => Metric::Checks(braces.map(str::to_owned)),
        "failed" => Metric::Failed,
        "rate_limited" => Metric::RateLimited,
        "dropped" => Metric::Dropped,
        "http_reqs" => Metric::Rate,
        _ => return Err(format!("unknown metric {name:?}; legal: {METRICS}")),
    };
    let is_share = matches!(
        metric,
        Metric::Checks(_) | Metric::Failed | Metric::RateLimited | Metric::Dropped | Metric::Rate
    );
    match aggregate {
        Some(given) if is_share && given != "rate" => Err(format!("{name} takes no aggregate {given:?}")),
        _ => Ok(metric),
    }
}

fn parse_aggregate(given: &str) -> Result<Aggregate, String> {
    match given {
        "avg" => return Ok(Aggregate::Mean),
        "min" => return Ok(Aggregate::Min),
        "max" => return Ok(Aggregate::Max),
        _ => {}
    }
    let inside = given.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')'));
    let percentile = inside.and_then(|inside| inside.trim().parse::<f64>().ok());
    percentile
        .filter(|percentile| (0.0..=100.0).contains(percentile))
        .map(Aggregate::Percentile)
        .ok_or_else(|| format!("unknown aggregate {given:?}; legal: {AGGREGATES}"))
}

fn selector(inside: &str) -> Result<Selector, String> {
    match inside.split_once(':') {
        Some(("route", route)) if !route.is_empty() => Ok(Selector::Route(route.to_owned())),
        Some(("step", step)) if !step.is_empty() => Ok(Selector::Step(step.to_owned())),
        _ => Err(format!(
            "unknown selector {inside:?}; legal: route:/path or step:name"
        )),
    }
}

fn bound(metric: &Metric, given: &str) -> Result<f64, String> {
    match metric {
        Metric::Duration(_)
        | Metric::Service(_)
        | Metric::FirstByte(_)
        | Metric::Connect(_)
        | Metric::Trend(..) => time(given).map(|time| time.as_secs_f64()),
        Metric::Checks(_) | Metric::Failed | Metric::RateLimited | Metric::Dropped => share(given),
        Metric::Rate => {
            let number = given.trim_end_matches("/s").trim().parse::<f64>().ok();
            let legal = number.filter(|number| number.is_finite() && *number >= 0.0);
            legal.ok_or_else(|| format!("{given:?} is no rate; legal: a number from 0, requests per second"))
        }
    }
}

/// A time with its unit.
fn time(given: &str) -> Result<Duration, String> {
    let legal = || format!("{given:?} is no time; legal: a number from 0 with us, ms, s or m, such as 900ms");
    let at = given.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(legal)?;
    let (number, unit) = given.split_at(at);
    let seconds_per_unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err(legal()),
    };
    let number: f64 = number.trim().parse().map_err(|_| legal())?;
    Duration::try_from_secs_f64(number * seconds_per_unit).map_err(|_| legal())
}

/// A share: `99 %`, or 0 to 1.
fn share(given: &str) -> Result<f64, String> {
    let (number, divisor) = match given.strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (given, 1.0),
    };
    let share = number.trim().parse::<f64>().ok().map(|number| number / divisor);
    share
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| format!("{given:?} is no share; legal: 0 % to 100 %, or 0 to 1"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::a_route(
        "http_req_duration{route:/v1/tts/jobs}: p(95)<900ms",
        Metric::Duration(Aggregate::Percentile(95.0)),
        Selector::Route("/v1/tts/jobs".into()),
        Comparison::Below,
        0.9
    )]
    #[case::a_route_with_braces_of_its_own(
        "http_req_duration{route:/v1/tts/jobs/{job_id}}: p(99.9) <= 1.5s",
        Metric::Duration(Aggregate::Percentile(99.9)),
        Selector::Route("/v1/tts/jobs/{job_id}".into()),
        Comparison::AtMost,
        1.5
    )]
    #[case::a_step("http_req_service{step:submit} avg < 2ms", Metric::Service(Aggregate::Mean), Selector::Step("submit".into()), Comparison::Below, 0.002)]
    #[case::everything(
        "http_req_duration: max<1m",
        Metric::Duration(Aggregate::Max),
        Selector::All,
        Comparison::Below,
        60.0
    )]
    #[case::checks("checks > 99 %", Metric::Checks(None), Selector::All, Comparison::Above, 0.99)]
    #[case::one_check("checks{merged_is_whole} >= 1", Metric::Checks(Some("merged_is_whole".into())), Selector::All, Comparison::AtLeast, 1.0)]
    #[case::failed("failed<1%", Metric::Failed, Selector::All, Comparison::Below, 0.01)]
    #[case::with_rate(
        "failed: rate < 0.005",
        Metric::Failed,
        Selector::All,
        Comparison::Below,
        0.005
    )]
    #[case::failed_of_a_step("failed{step:merged} < 1 %", Metric::Failed, Selector::Step("merged".into()), Comparison::Below, 0.01)]
    #[case::back_pressure(
        "rate_limited < 5 %",
        Metric::RateLimited,
        Selector::All,
        Comparison::Below,
        0.05
    )]
    #[case::a_trend("trend{submit_to_ready}: p(95)<3s", Metric::Trend("submit_to_ready".into(), Aggregate::Percentile(95.0)), Selector::All, Comparison::Below, 3.0)]
    #[case::a_rate("http_reqs > 100/s", Metric::Rate, Selector::All, Comparison::Above, 100.0)]
    fn a_threshold_is_read(
        #[case] text: &str,
        #[case] metric: Metric,
        #[case] selector: Selector,
        #[case] comparison: Comparison,
        #[case] bound: f64,
    ) {
        let threshold: Threshold = text.parse().unwrap();
        assert_eq!((threshold.metric, threshold.selector), (metric, selector));
        assert_eq!(threshold.comparison, comparison);
        assert!((threshold.bound - bound).abs() < 1e-12);
    }

    #[rstest]
    #[case::nothing("", "no comparison")]
    #[case::no_comparison("checks", "no comparison")]
    #[case::no_metric("speed < 1s", "unknown metric \"speed\"; legal: http_req_duration")]
    #[case::no_aggregate("http_req_duration < 1s", "needs an aggregate; legal: p(0) to p(100)")]
    #[case::no_such_percentile("http_req_duration: p(101) < 1s", "unknown aggregate")]
    #[case::no_unit("http_req_duration: p(95) < 900", "is no time; legal")]
    #[case::no_bound("http_req_duration: p(95) <", "is no time; legal")]
    #[case::a_negative_time("http_req_duration: p(95) < -1s", "is no time; legal")]
    #[case::an_infinite_time("http_req_duration: p(95) < infs", "is no time; legal")]
    #[case::too_many_percent("checks > 101 %", "is no share; legal")]
    #[case::no_number("failed < nan", "is no share; legal")]
    #[case::an_aggregate_of_a_share("failed: p(95) < 1 %", "takes no aggregate")]
    #[case::another_key("failed{path:/x} < 1 %", "unknown selector")]
    #[case::empty_braces("http_req_duration{}: p(95) < 1s", "empty or not closed")]
    #[case::open_braces("http_req_duration{route:/x: p(95) < 1s", "not closed")]
    #[case::a_nameless_trend("trend: p(95) < 1s", "trend needs its name")]
    #[case::braces_of_the_whole("dropped{step:x} < 1 %", "without braces")]
    fn what_is_none_is_refused_with_what_would_be_legal(#[case] text: &str, #[case] says: &str) {
        let error = text.parse::<Threshold>().unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_parser(text in "\\PC{0,60}") {
            let _ = text.parse::<Threshold>();
        }
    }
}
