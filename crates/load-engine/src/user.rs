//! A user: a connection or several, a random source of its own, and the times at which its requests are due.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use http::StatusCode;

use crate::{
    catalogue::{CheckId, StepId, TrendId},
    http::{Connection, Deadline, Exchanged, Headers, Request, Target},
    record::{Exchange, Outcome, Record},
    timer::Timer,
};

/// What users do, again and again.
pub trait Journey: Send + Sync + 'static {
    /// What a user remembers from one journey to the next.
    type Memory: 'static;

    /// The memory of a new user; users are numbered from 0.
    fn memory(&self, user: usize) -> Self::Memory;

    /// One journey. All randomness is to come from [`User::rng`], so that the seed decides it.
    fn run<'u>(&'u self, user: &'u mut User, memory: &'u mut Self::Memory) -> impl Future<Output = ()> + 'u;
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: Headers,
    /// Its content, where the request keeps it.
    pub body: Bytes,
    /// How many bytes of content there were.
    pub bytes: u64,
}

impl Answer {
    /// What it counts as.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        Outcome::of_status(self.status.as_u16())
    }
}

/// What all users of one thread share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) target: Target,
    pub(crate) request_timeout: Duration,
    pub(crate) timer: Timer,
    pub(crate) record: RefCell<Record>,
    /// No new journey is to begin.
    pub(crate) stopping: Cell<bool>,
    /// Users that are there now.
    pub(crate) present: Cell<usize>,
}

/// When a request is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// By the schedule.
    pub(crate) at: Instant,
    /// From when on the user could have sent it, had it been due.
    pub(crate) free: Instant,
}

/// One connection of a user, when it is open, and what ends its requests that take too long.
#[derive(Debug, Default)]
struct Lane {
    connection: Option<Connection>,
    deadline: Deadline,
}

/// One user.
#[derive(Debug)]
pub struct User {
    shared: Rc<Shared>,
    /// Connections; a request alone takes the first.
    lanes: Vec<Lane>,
    rng: fastrand::Rng,
    due: Option<Due>,
}

impl User {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            lanes: vec![Lane::default()],
            rng: fastrand::Rng::with_seed(0),
            due: None,
        }
    }

    /// Opens the connection ahead of the first request.
    pub(crate) async fn open(&mut self) {
        open(&self.shared, &mut self.lanes[0].connection).await;
    }

    /// A new journey: its random source, and when its first request is due.
    pub(crate) fn begin(&mut self, seed: u64, due: Due) {
        self.rng = fastrand::Rng::with_seed(seed);
        self.due = Some(due);
    }

    /// What was under way is in an unknown state.
    pub(crate) fn cut(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.connection = None);
    }

    /// The random source of this journey.
    pub const fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    /// The target, by which requests are made.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.shared.target
    }

    /// Whether the run is coming to its end: a journey that waits for something may give up.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shared.stopping.get()
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// [`Outcome::TimedOut`] or [`Outcome::Broken`] when there is no whole answer. Everything is recorded already.
    pub async fn send(&mut self, step: StepId, request: &Request) -> Result<Answer, Outcome> {
        let due = self.due.take();
        let (exchange, answer) = exchange(&self.shared, &mut self.lanes[0], request, due).await;
        self.shared.record.borrow_mut().exchange(step, &exchange);
        answer.ok_or(exchange.outcome)
    }

    /// Sends requests at once, each over a connection of its own. `whole` is the step that stands for all of them: it takes as
    /// long as the slowest and ends as the worst.
    pub async fn send_together(
        &mut self,
        whole: StepId,
        parts: Vec<(StepId, Request)>,
    ) -> Vec<Result<Answer, Outcome>> {
        let due = self.due.take();
        if self.lanes.len() < parts.len() {
            self.lanes.resize_with(parts.len(), Lane::default);
        }
        let shared = &self.shared;
        let sending = self
            .lanes
            .iter_mut()
            .zip(parts)
            .map(|(lane, (step, request))| async move {
                let (exchange, answer) = exchange(shared, lane, &request, due).await;
                shared.record.borrow_mut().exchange(step, &exchange);
                (exchange, answer)
            });
        let ended = join_all(sending).await;
        if let Some(exchange) = ended
            .iter()
            .map(|(exchange, _)| *exchange)
            .reduce(slower_and_worse)
        {
            self.shared.record.borrow_mut().exchange(whole, &exchange);
        }
        ended
            .into_iter()
            .map(|(exchange, answer)| answer.ok_or(exchange.outcome))
            .collect()
    }

    /// Waits. The next request is due when the pause is over.
    pub async fn pause(&mut self, pause: Duration) {
        let due = Instant::now() + pause;
        self.shared.timer.sleep_until(due).await;
        self.due = Some(Due { at: due, free: due });
    }

    /// Enters whether a check held.
    pub fn check(&self, check: CheckId, passed: bool) {
        self.shared.record.borrow_mut().check(check, passed);
    }

    /// Enters a time of the journey's own.
    pub fn time(&self, trend: TrendId, time: Duration) {
        self.shared.record.borrow_mut().time(trend, time);
    }
}

fn slower_and_worse(one: Exchange, other: Exchange) -> Exchange {
    Exchange {
        outcome: one.outcome.max(other.outcome),
        response: one.response.max(other.response),
        service: one.service.max(other.service),
        first_byte: one.first_byte.max(other.first_byte),
        bytes: one.bytes + other.bytes,
    }
}

/// The lane's connection, opened when it is not; and since when it has been at hand, if it had to be opened.
async fn open<'l>(
    shared: &Shared,
    lane: &'l mut Option<Connection>,
) -> Option<(&'l mut Connection, Option<Instant>)> {
    if lane.as_mut().is_some_and(Connection::is_closed) {
        *lane = None;
    }
    let mut since = None;
    if lane.is_none() {
        let begun = Instant::now();
        let opened = Connection::open(&shared.target).await;
        let mut record = shared.record.borrow_mut();
        match opened {
            Ok(connection) => {
                let now = Instant::now();
                record.connect.record(now - begun);
                *lane = Some(connection);
                since = Some(now);
            }
            Err(_) => record.connect_failures += 1,
        }
    }
    Some((lane.as_mut()?, since))
}

/// One request with its answer. The response time counts from when it was due, and holds the opening of a connection that the
/// server had closed; the service time counts from when it was sent.
async fn exchange(
    shared: &Shared,
    lane: &mut Lane,
    request: &Request,
    due: Option<Due>,
) -> (Exchange, Option<Answer>) {
    let begun = Instant::now();
    let deadline = begun + shared.request_timeout;
    if let Some(due) = due {
        let lag = begun.saturating_duration_since(due.at.max(due.free));
        shared.record.borrow_mut().send_lag.record(lag);
    }
    let due = due.map_or(begun, |due| due.at.min(begun));
    let mut sent_at = begun;
    let Lane {
        connection,
        deadline: timer,
    } = lane;
    let sending = async {
        let (connection, since) = open(shared, connection).await?;
        sent_at = since.unwrap_or(begun);
        connection.send(request).await.ok()
    };
    let ended = timer.by(deadline, sending).await;
    let (outcome, sent) = match ended {
        None => (Outcome::TimedOut, None),
        Some(None) => (Outcome::Broken, None),
        Some(Some(sent)) => (Outcome::of_status(sent.answer.status.as_u16()), Some(sent)),
    };
    if sent.is_none() {
        *connection = None;
    }
    let ended = sent.as_ref().map_or_else(Instant::now, |sent| sent.ended);
    let exchange = Exchange {
        outcome,
        response: ended - due,
        service: ended - sent_at,
        first_byte: sent.as_ref().map(|sent| sent.first_byte - sent_at),
        bytes: sent.as_ref().map_or(0, |sent| sent.answer.bytes),
    };
    (exchange, sent.map(Answer::from))
}

impl From<Exchanged> for Answer {
    fn from(Exchanged { answer, .. }: Exchanged) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            bytes: answer.bytes,
        }
    }
}
