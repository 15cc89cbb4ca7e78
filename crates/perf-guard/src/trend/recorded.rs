//! Series as a soak recorded them: the least resident memory of each window, in MiB, over 10 minutes of the reference server
//! on two shared cores, two such servers side by side.

use super::*;

/// When both servers had warmed up, by the soak's rule, in seconds.
const WARM_S: f64 = 95.0;

const RULE: Rule = Rule {
    shape: Shape::SawTooth,
    limit: Limit::PerHour(24.0),
    confidence: Confidence::P99,
    least_span_s: 300.0,
};

/// With a leak of 1 MB a minute.
const LEAKING: &[(f64, f64)] = &[
    (5.1, 9.46),
    (15.7, 33.47),
    (26.2, 35.70),
    (36.9, 37.58),
    (47.9, 37.93),
    (58.8, 38.55),
    (69.8, 41.05),
    (80.9, 41.14),
    (91.9, 41.52),
    (102.9, 41.54),
    (113.9, 41.07),
    (124.8, 41.56),
    (135.7, 41.59),
    (146.8, 41.92),
    (157.9, 41.61),
    (168.9, 42.82),
    (179.9, 43.61),
    (190.8, 45.25),
    (201.8, 45.50),
    (212.9, 45.91),
    (223.9, 44.89),
    (234.9, 45.50),
    (245.9, 45.25),
    (256.9, 45.84),
    (267.9, 46.36),
    (278.9, 46.47),
    (289.8, 46.45),
    (300.9, 46.13),
    (312.0, 46.03),
    (322.8, 46.52),
    (333.8, 46.96),
    (344.9, 48.08),
    (355.9, 47.34),
    (366.9, 48.11),
    (378.0, 48.58),
    (389.0, 48.09),
    (400.0, 47.70),
    (410.9, 48.64),
    (421.9, 49.48),
    (433.0, 49.16),
    (444.0, 50.26),
    (455.0, 50.56),
    (465.9, 50.84),
    (476.9, 49.91),
    (487.9, 49.68),
    (498.9, 51.68),
    (510.0, 51.88),
    (521.0, 51.11),
    (532.0, 50.78),
    (542.9, 50.82),
    (554.0, 51.42),
    (565.1, 52.61),
    (576.1, 53.43),
    (587.0, 54.34),
    (596.7, 55.59),
];

/// Without one.
const HEALTHY: &[(f64, f64)] = &[
    (5.0, 9.44),
    (15.6, 32.61),
    (26.1, 36.10),
    (36.8, 37.22),
    (47.8, 37.77),
    (58.8, 38.16),
    (69.8, 38.90),
    (80.9, 40.38),
    (91.8, 40.62),
    (102.7, 40.62),
    (113.8, 40.34),
    (124.7, 40.34),
    (135.8, 40.40),
    (146.8, 40.33),
    (157.8, 40.64),
    (168.8, 41.37),
    (179.8, 41.36),
    (190.8, 41.36),
    (201.8, 41.41),
    (212.9, 41.66),
    (223.8, 41.29),
    (234.8, 41.82),
    (245.8, 42.44),
    (256.8, 42.82),
    (267.9, 41.41),
    (278.9, 41.37),
    (289.8, 41.75),
    (300.8, 41.38),
    (311.8, 41.30),
    (322.8, 42.30),
    (333.8, 42.42),
    (344.9, 41.32),
    (355.9, 41.32),
    (366.8, 41.73),
    (377.8, 41.34),
    (388.9, 41.32),
    (399.9, 41.66),
    (410.8, 41.41),
    (421.9, 41.80),
    (432.8, 41.77),
    (443.4, 41.77),
    (454.0, 42.42),
    (464.9, 41.81),
    (476.0, 41.81),
    (487.0, 42.55),
    (497.9, 41.25),
    (508.9, 42.25),
    (519.9, 42.10),
    (530.9, 41.74),
    (541.8, 42.02),
    (552.9, 42.39),
    (564.0, 42.84),
    (575.0, 43.71),
    (586.1, 43.71),
    (596.3, 43.71),
];

fn judged(recorded: &[(f64, f64)], from_s: f64) -> Judgement {
    let warm = recorded.iter().filter(|(at_s, _)| *at_s >= from_s);
    let points = warm.map(|&(at_s, value)| Point { at_s, value });
    RULE.judge(&Series::new("rss", points.collect()).unwrap())
}

#[test]
fn the_leak_is_found_and_none_where_there_is_none() {
    let leaking = judged(LEAKING, WARM_S);
    assert_eq!(leaking.verdict, TrendVerdict::Leak, "{leaking:?}");
    let healthy = judged(HEALTHY, WARM_S);
    assert_eq!(healthy.verdict, TrendVerdict::NoLeakShown, "{healthy:?}");
}

/// Which is why warm-up is given its time.
#[test]
fn a_server_that_still_warms_up_is_neither_cleared_nor_called_leaking() {
    assert_eq!(judged(HEALTHY, 38.0).verdict, TrendVerdict::Insufficient);
}
