//! One load by `load-engine`, in a process of its own.

use std::{num::NonZeroUsize, time::Duration};

use http::{Method, uri::PathAndQuery};
use load_engine::{
    Catalogue, Journey, Plan, Request, StepId, StopSignal, Target, User,
    load::{Ramp, Think},
    record::Outcome as Ended,
};

use crate::rig::{
    Unmeasured, again,
    cores::Pinning,
    load::{Load, Part},
    usage::Watched,
};

/// What came of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Generated {
    /// Requests that were answered as they should be.
    pub(crate) requests: u64,
    /// Resident memory a quarter of the time in, in bytes.
    pub(crate) early_bytes: u64,
    /// The most resident memory.
    pub(crate) peak_bytes: u64,
}

/// Runs it in a child on the client's core, against the server at `base`.
pub(crate) fn in_a_child(
    pinning: &Pinning,
    (base, path): (&str, &str),
    load: &Load,
) -> Result<Generated, Unmeasured> {
    let told = format!("{base} {path} {load}");
    match again::run(pinning, &told)?.as_slice() {
        &[requests, early_bytes, peak_bytes] => Ok(Generated {
            requests,
            early_bytes,
            peak_bytes,
        }),
        numbers => Err(Unmeasured(format!("the generator reported {numbers:?}"))),
    }
}

/// Does what [`in_a_child`] asks for, in the process that it starts.
pub(crate) fn generate(told: &str) -> Result<(), Unmeasured> {
    let words: Vec<&str> = told.split(' ').collect();
    let &[base, path, len, of, connections, millis] = words.as_slice() else {
        return Err(Unmeasured(format!("was told {told:?}")));
    };
    let load = Load::of_words([len, of, connections, millis])?;
    let plan = Plan {
        target: Target::new(base, None, Duration::from_secs(5))?,
        load: load_engine::load::Load::Closed {
            users: Ramp::constant(load.connections.into(), load.time)?,
            think: Think::NONE,
        },
        seed: 9_110,
        threads: NonZeroUsize::MIN,
        request_timeout: Duration::from_secs(10),
        graceful: Duration::from_secs(2),
        window: Duration::from_secs(1),
        lanes: 1,
    };
    let (get, catalogue) = Get::new(&plan.target, path, load.part)?;
    let mut early = Early {
        usage: Watched::new(std::process::id())?,
        at: load.time / 4,
        bytes: None,
    };
    let ended = load_engine::run(&plan, (get, catalogue), &mut early, &StopSignal::new())?;
    let (all, good) = (ended.record.total(), ended.record.count(Ended::Ok));
    // Those that were cut off at the end are no errors.
    let errors = all - good;
    let peak = early.usage.peak_resident_bytes()?;
    if errors > 0 || good == 0 {
        return Err(Unmeasured(format!("{errors} of {all} requests failed")));
    }
    again::report(&[good, early.bytes.unwrap_or(peak), peak]);
    Ok(())
}

/// Looks at the memory once.
struct Early {
    usage: Watched,
    at: Duration,
    bytes: Option<u64>,
}

impl load_engine::Observer for Early {
    fn window(
        &mut self,
        window: &load_engine::Window,
        _: &load_engine::record::Record,
    ) -> load_engine::Control {
        if self.bytes.is_none() && window.ends >= self.at {
            self.bytes = self.usage.resident_bytes().ok().map(|(all, _)| all);
        }
        load_engine::Control::Continue
    }
}

/// One request a journey.
struct Get {
    step: StepId,
    requests: Vec<Request>,
}

impl Get {
    fn new(target: &Target, path: &str, part: Part) -> Result<(Self, Catalogue), Unmeasured> {
        let mut catalogue = Catalogue::default();
        let step = catalogue.step("get", path);
        let whole = target.request(Method::GET, PathAndQuery::try_from(path)?);
        let requests = match part {
            Part::Whole => vec![whole],
            Part::Ranges { .. } => {
                let ranges = part.ranges().into_iter();
                ranges
                    .map(|range| whole.clone().range(*range.start(), *range.end()))
                    .collect()
            }
        };
        Ok((Self { step, requests }, catalogue))
    }
}

impl Journey for Get {
    type Memory = ();

    fn memory(&self, _: usize) {}

    async fn run(&self, user: &mut User, (): &mut ()) {
        let which = if self.requests.len() == 1 {
            0
        } else {
            user.rng().usize(..self.requests.len())
        };
        // Whatever comes of it is in the record.
        let _ = user.send(self.step, &self.requests[which]).await;
    }
}

/// Processor time of the children that have ended, so far.
pub(crate) fn childrens_cpu_time() -> Result<Duration, Unmeasured> {
    let stat = procfs::process::Process::myself()?.stat()?;
    let ticks = u64::try_from(stat.cutime + stat.cstime)?;
    Ok(Duration::from_secs_f64(
        ticks as f64 / procfs::ticks_per_second() as f64,
    ))
}
