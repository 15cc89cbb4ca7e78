//! One load by `load-engine`, in a process of its own.

use std::{num::NonZeroUsize, time::Duration};

use http::{Method, uri::PathAndQuery};
use load_engine::{
    Catalogue, Journey, Plan, Request, StepId, StopSignal, Target, User,
    load::{Load, Ramp, Think},
    record::Outcome as Ended,
};

use crate::rig::{Unmeasured, again, cores::Pinning, object::Part, usage::Watched};

/// Ranges are drawn from so many, as wrk's are.
const RANGES: u64 = 4_096;

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Generate {
    pub(crate) base: String,
    pub(crate) path: String,
    pub(crate) part: Part,
    pub(crate) connections: u32,
    pub(crate) time: Duration,
}

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

/// Runs it in a child on the client's core.
pub(crate) fn in_a_child(pinning: &Pinning, what: &Generate) -> Result<Generated, Unmeasured> {
    let (len, of) = match what.part {
        Part::Whole => (0, 0),
        Part::Ranges { len, of } => (len, of),
    };
    let told = format!(
        "{} {} {len} {of} {} {}",
        what.base,
        what.path,
        what.connections,
        what.time.as_millis()
    );
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
    let (len, of): (u64, u64) = (len.parse()?, of.parse()?);
    let connections: u32 = connections.parse()?;
    let lasts = Duration::from_millis(millis.parse()?);
    let plan = Plan {
        target: Target::new(base, None, Duration::from_secs(5))?,
        load: Load::Closed {
            users: Ramp::constant(connections.into(), lasts)?,
            think: Think::NONE,
        },
        seed: 9_110,
        threads: NonZeroUsize::MIN,
        request_timeout: Duration::from_secs(10),
        graceful: Duration::from_secs(2),
        window: Duration::from_secs(1),
        lanes: 1,
    };
    let part = if len == 0 {
        Part::Whole
    } else {
        Part::Ranges { len, of }
    };
    let (get, catalogue) = Get::new(&plan.target, path, part)?;
    let mut early = Early {
        usage: Watched::new(std::process::id())?,
        at: lasts / 4,
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
            Part::Ranges { len, of } => {
                let mut rng = fastrand::Rng::with_seed(9_110);
                let mut range = |_| {
                    let first = rng.u64(..=of - len);
                    whole.clone().range(first, first + len - 1)
                };
                (0..RANGES).map(&mut range).collect()
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
