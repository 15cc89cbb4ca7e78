//! Where a measured curve of latency against load turns up: Kneedle (Satopää, Albrecht, Irwin, Raghavan: "Finding a 'Kneedle' in a
//! Haystack", ICDCS Workshops 2011), for a convex rising curve, without its online part.

/// Sensitivity: how many mean steps the distance has to fall behind its maximum before it counts as one. The paper's own value.
const SENSITIVITY: f64 = 1.0;
/// Fewer points have no shape.
const FEWEST: usize = 5;

/// One point of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LoadPoint {
    /// Load: requests per second, users, whatever was raised. Not negative.
    pub load: f64,
    /// Latency at that load, in milliseconds. Not negative.
    pub latency_ms: f64,
}

/// Where it turns up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Knee {
    /// The last load before latency rises faster than load.
    pub at: LoadPoint,
    /// How far below the straight line between the ends it lies, 0 to 1 of their distance.
    pub depth: f64,
}

/// Why a curve has no knee.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum KneeError {
    /// Too few points, or all of one load.
    #[error("{0} loads were measured; a knee needs {FEWEST} different ones")]
    TooFew(usize),
    /// A point that is none.
    #[error("a load of {load} with a latency of {latency_ms} ms; legal: finite numbers from 0")]
    Point {
        /// Its load.
        load: f64,
        /// Its latency.
        latency_ms: f64,
    },
    /// It is flat or straight, or it falls: the load was never enough.
    #[error("latency does not turn up within the loads that were measured; measure higher ones")]
    None,
}

/// The knee of a curve. Points come in any order; of several at one load the median counts.
///
/// # Errors
/// When there are too few points, one is none, or the curve does not turn up.
pub fn knee(points: &[LoadPoint]) -> Result<Knee, KneeError> {
    let legal = |value: f64| value.is_finite() && value >= 0.0;
    if let Some(bad) = points
        .iter()
        .find(|point| !legal(point.load) || !legal(point.latency_ms))
    {
        return Err(KneeError::Point {
            load: bad.load,
            latency_ms: bad.latency_ms,
        });
    }
    let points = by_load(points);
    let [first, .., last] = points.as_slice() else {
        return Err(KneeError::TooFew(points.len()));
    };
    if points.len() < FEWEST {
        return Err(KneeError::TooFew(points.len()));
    }
    let (least, most) = points
        .iter()
        .map(|point| point.latency_ms)
        .fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), ms| {
            (least.min(ms), most.max(ms))
        });
    if most <= least || last.latency_ms <= first.latency_ms {
        return Err(KneeError::None);
    }
    let x = |point: &LoadPoint| (point.load - first.load) / (last.load - first.load);
    let y = |point: &LoadPoint| (point.latency_ms - least) / (most - least);
    // How far the convex curve lies below its diagonal.
    let depths: Vec<f64> = points.iter().map(|point| x(point) - y(point)).collect();
    let steps: Vec<f64> = points.windows(2).map(|pair| x(&pair[1]) - x(&pair[0])).collect();
    let mean_step = steps.iter().sum::<f64>() / steps.len() as f64;
    let deepest = (1..depths.len() - 1)
        .filter(|at| depths[*at] >= depths[at - 1] && depths[*at] > depths[at + 1])
        .max_by(|a, b| depths[*a].total_cmp(&depths[*b]));
    let at = deepest.ok_or(KneeError::None)?;
    // A knee is one if the curve leaves it for good: the depth falls below the maximum less the sensitivity's steps.
    let threshold = depths[at] - SENSITIVITY * mean_step;
    let leaves = depths[at + 1..].iter().any(|depth| *depth < threshold);
    if !leaves || depths[at] <= 0.0 {
        return Err(KneeError::None);
    }
    Ok(Knee {
        at: points[at],
        depth: depths[at],
    })
}

/// In the order of load, one point a load.
fn by_load(points: &[LoadPoint]) -> Vec<LoadPoint> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.load.total_cmp(&b.load));
    sorted
        .chunk_by(|a, b| a.load.total_cmp(&b.load).is_eq())
        .map(|same| {
            let latencies: Vec<f64> = same.iter().map(|point| point.latency_ms).collect();
            LoadPoint {
                load: same[0].load,
                latency_ms: crate::median(&latencies).unwrap_or(same[0].latency_ms),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn curve(latency_ms: impl Fn(f64) -> f64, loads: &[f64]) -> Vec<LoadPoint> {
        loads
            .iter()
            .map(|&load| LoadPoint {
                load,
                latency_ms: latency_ms(load),
            })
            .collect()
    }

    fn tens() -> Vec<f64> {
        (1..=20).map(|i| f64::from(i) * 10.0).collect()
    }

    #[test]
    fn a_bend_is_found_where_it_is() {
        // Flat until 120, then 5 ms for each unit.
        let bent = curve(|load| 20.0 + 5.0 * f64::max(0.0, load - 120.0), &tens());
        let found = knee(&bent).unwrap();
        assert_eq!((found.at.load, found.at.latency_ms), (120.0, 20.0));
    }

    #[test]
    fn the_figure_of_the_paper_turned_over_has_its_knee() {
        // y = -1/x + 5 at 0 to 9 in ten steps has its knee at 0.22 of the way (figure 2); turned over both axes it is convex.
        let x: Vec<f64> = (0..10).map(|i| f64::from(i) / 9.0).collect();
        let y = |x: f64| -1.0 / (x + 0.1) + 5.0;
        let turned: Vec<LoadPoint> = x
            .iter()
            .map(|&x| LoadPoint {
                load: 1.0 - x,
                latency_ms: 5.0 + 6.0 - y(x),
            })
            .collect();
        let found = knee(&turned).unwrap();
        assert!((1.0 - found.at.load - 2.0 / 9.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn the_curve_of_a_queue_turns_up_late() {
        let queue = curve(|load| 10.0 / (1.0 - load / 210.0), &tens());
        let found = knee(&queue).unwrap();
        assert!((160.0..=190.0).contains(&found.at.load), "{found:?}");
    }

    #[test]
    fn what_does_not_turn_up_has_no_knee() {
        let none = [
            curve(|_| 20.0, &tens()),
            curve(|load| load, &tens()),
            curve(|load| 300.0 - load, &tens()),
            curve(f64::sqrt, &tens()),
        ];
        for points in none {
            assert_eq!(knee(&points), Err(KneeError::None), "{points:?}");
        }
        assert_eq!(
            knee(&curve(|load| load * load, &[1.0, 2.0, 3.0, 4.0])),
            Err(KneeError::TooFew(4))
        );
        assert_eq!(knee(&[]), Err(KneeError::TooFew(0)));
        assert!(matches!(
            knee(&curve(|_| f64::NAN, &tens())),
            Err(KneeError::Point { .. })
        ));
    }

    #[test]
    fn of_several_points_at_one_load_the_median_counts() {
        let mut bent = curve(|load| 20.0 + 5.0 * f64::max(0.0, load - 120.0), &tens());
        bent.extend(curve(|load| 20.0 + 5.0 * f64::max(0.0, load - 120.0), &tens()));
        bent.push(LoadPoint {
            load: 60.0,
            latency_ms: 9_000.0,
        });
        assert_eq!(knee(&bent).unwrap().at.load, 120.0);
    }

    proptest! {
        #[test]
        fn units_and_order_change_nothing(
            bend in 5_usize..15, slope in 1.0..100.0_f64, by in 0.1..10.0_f64, ms in 0.1..10.0_f64, seed: u64,
        ) {
            let at = bend as f64 * 10.0;
            let points = curve(|load| 20.0 + slope * f64::max(0.0, load - at), &tens());
            let plain = knee(&points).unwrap();
            let mut scaled: Vec<LoadPoint> = points
                .iter()
                .map(|point| LoadPoint { load: point.load * by, latency_ms: point.latency_ms * ms })
                .collect();
            let turn = (seed % 20) as usize;
            scaled.rotate_left(turn);
            let found = knee(&scaled).unwrap();
            prop_assert!((found.at.load - plain.at.load * by).abs() < 1e-6);
            prop_assert!((plain.at.load - at).abs() < 1e-9);
        }
    }
}
