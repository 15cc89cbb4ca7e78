//! The plots of a load run.

use super::super::{
    curve::{Dot, Drawn, Plot, Scale, Values, moment, ms, over_time, plain},
    marks::Percent,
};
use crate::{
    load::{LoadPoint, LoadResult, ServerPoint},
    words,
};

/// Dots of the plot of latency against load.
const MOST_DOTS: usize = 400;

fn of_points(points: &[LoadPoint], of: impl Fn(&LoadPoint) -> Option<f64>) -> Values {
    points
        .iter()
        .map(|point| (point.at_s + point.lasts_s / 2.0, of(point)))
        .collect()
}

fn end_of(run: &LoadResult) -> f64 {
    let load = run.timeline.load.iter().map(|point| point.at_s + point.lasts_s);
    let server = run.timeline.server.iter().map(|point| point.at_s);
    load.chain(server).fold(1.0, f64::max)
}

fn drawn(class: &'static str, name: &str, values: Values) -> Drawn {
    Drawn {
        class,
        name: name.to_owned(),
        values,
    }
}

fn all(drawn: &[Drawn]) -> impl Iterator<Item = f64> {
    drawn
        .iter()
        .flat_map(|line| line.values.iter().filter_map(|(_, value)| *value))
}

/// What the users met over time.
pub(super) fn load(run: &LoadResult) -> Vec<Plot> {
    let points = &run.timeline.load;
    let end = end_of(run);
    let mut latency = vec![
        drawn("third", "p99", of_points(points, |point| point.p99_ms)),
        drawn("first", "p95", of_points(points, |point| point.p95_ms)),
        drawn("second", "p50", of_points(points, |point| point.p50_ms)),
    ];
    if let Some(overlay) = &run.overlay {
        let earlier = of_points(&overlay.load, |point| point.p95_ms);
        latency.push(drawn("earlier", "p95 of the earlier run", earlier));
    }
    let users = vec![drawn(
        "first",
        "users",
        of_points(points, |point| Some(point.users as f64)),
    )];
    let rate = vec![drawn(
        "first",
        "requests/s",
        of_points(points, |point| Some(point.requests_per_s())),
    )];
    let ended = vec![
        drawn("bad", "failed/s", of_points(points, |p| Some(p.per_s(p.failed)))),
        drawn(
            "second",
            "429/s",
            of_points(points, |p| Some(p.per_s(p.rate_limited))),
        ),
        drawn("third", "202/s", of_points(points, |p| Some(p.per_s(p.accepted)))),
    ];
    let log = Scale::log(all(&latency));
    let linear = |drawn: &[Drawn]| Scale::from_zero(all(drawn));
    let (of_users, of_rate, of_ended) = (linear(&users), linear(&rate), linear(&ended));
    [
        over_time(
            "Response times from when requests were due",
            (latency, end),
            (log, ms),
        ),
        over_time("Users", (users, end), (of_users, plain)),
        over_time("Requests a second", (rate, end), (of_rate, plain)),
        over_time("Failed, 429 and 202 a second", (ended, end), (of_ended, plain)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Each span of time as a dot: how many requests a second there were, and how long they took.
pub(super) fn against_load(run: &LoadResult) -> Option<Plot> {
    let earlier = run.overlay.as_ref().map_or(&[][..], |overlay| &overlay.load);
    let points = earlier
        .iter()
        .map(|point| (point, true))
        .chain(run.timeline.load.iter().map(|point| (point, false)));
    let known: Vec<(&LoadPoint, f64, bool)> = points
        .filter_map(|(point, earlier)| Some((point, point.p95_ms?, earlier)))
        .collect();
    let every = known.len().div_ceil(MOST_DOTS).max(1);
    let across = Scale::from_zero(known.iter().map(|(point, ..)| point.requests_per_s()))?;
    let up = Scale::log(known.iter().map(|(_, p95, _)| *p95))?;
    let dots = known.iter().step_by(every).map(|(point, p95, earlier)| Dot {
        x: Percent(across.at(point.requests_per_s())),
        y: Percent(100.0 - up.at(*p95)),
        earlier: *earlier,
        title: format!(
            "{:.0} requests/s with {} users at {}: p95 {}",
            point.requests_per_s(),
            point.users,
            moment(point.at_s),
            words::millis(*p95)
        ),
    });
    Some(Plot {
        title: "95th percentile against requests a second".to_owned(),
        desc: format!("{} spans of time, each a dot", known.len()),
        up: up.upright(ms),
        across: across.across(|value| format!("{}/s", plain(value))),
        lines: Vec::new(),
        dots: dots.collect(),
    })
}

/// What the server said of itself.
pub(super) fn server(run: &LoadResult) -> Vec<Plot> {
    let points = &run.timeline.server;
    let end = end_of(run);
    let of = |of: fn(&ServerPoint) -> Option<f64>| -> Values {
        points.iter().map(|point| (point.at_s, of(point))).collect()
    };
    let mib = |bytes: f64| bytes / f64::from(1 << 20);
    let memory: Values = of(|point| point.resident_bytes)
        .into_iter()
        .map(|(at, bytes)| (at, bytes.map(mib)))
        .collect();
    let plots = [
        (
            "Resident memory, MiB",
            vec![drawn("first", "resident memory in MiB", memory)],
        ),
        (
            "Queue and active jobs",
            vec![
                drawn(
                    "first",
                    "segments that wait",
                    of(|point| Some(point.queue_len as f64)),
                ),
                drawn(
                    "second",
                    "active jobs",
                    of(|point| Some(point.active_jobs as f64)),
                ),
            ],
        ),
        (
            "Descriptors and threads",
            vec![
                drawn("first", "descriptors", of(|point| point.open_fds)),
                drawn("second", "threads", of(|point| point.threads)),
            ],
        ),
    ];
    let plots = plots.into_iter().filter_map(|(title, drawn)| {
        let scale = Scale::from_zero(all(&drawn));
        over_time(title, (drawn, end), (scale, plain))
    });
    plots.collect()
}
