//! How far a connection is, and until when it must be further: rules without clock or socket.

use std::time::Duration;

use tokio::time::Instant;

use super::ConnectionLimits;

/// Why the server gives up on a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// No request came.
    Idle,
    /// A request's head did not become whole.
    Head,
    /// The peer does not take its answer.
    Drain,
}

/// Where the exchange of requests and answers stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// All answers are sent, and nothing of a next request has come.
    Quiet { since: Instant, patience: Duration },
    /// Some of a request's head has come.
    Head { since: Instant },
    /// A request is being answered: its own deadlines hold.
    Answering,
    /// The answer is complete, but not all of it is with the system yet.
    Sending,
}

/// The system takes nothing more: the peer does not read.
#[derive(Debug, Clone, Copy)]
struct Blocked {
    since: Instant,
    taken_bytes: u64,
}

/// One connection's progress.
#[derive(Debug)]
pub(super) struct Progress {
    limits: ConnectionLimits,
    phase: Phase,
    blocked: Option<Blocked>,
}

impl Progress {
    /// A connection that was accepted just now.
    pub(super) fn accepted(limits: ConnectionLimits, now: Instant) -> Self {
        let phase = Phase::Quiet {
            since: now,
            patience: limits.head,
        };
        Self {
            limits,
            phase,
            blocked: None,
        }
    }

    /// Whether the next byte that comes begins a request's head.
    pub(super) const fn awaits_head(&self) -> bool {
        matches!(self.phase, Phase::Quiet { .. })
    }

    /// The first byte of a head came.
    pub(super) fn head_began(&mut self, now: Instant) {
        self.phase = Phase::Head { since: now };
    }

    /// A head is whole, and its request on the way to be answered.
    pub(super) fn called(&mut self) {
        self.phase = Phase::Answering;
    }

    /// The whole answer is in the connection's hands.
    pub(super) fn answered(&mut self) {
        self.phase = Phase::Sending;
    }

    /// A whole request was read and answered, all at once.
    pub(super) fn served(&mut self, now: Instant) {
        self.phase = Phase::Quiet {
            since: now,
            patience: self.limits.idle,
        };
    }

    /// The system took some bytes.
    pub(super) fn wrote(&mut self, bytes: usize, now: Instant) {
        if let Some(blocked) = &mut self.blocked {
            blocked.taken_bytes = blocked.taken_bytes.saturating_add(bytes as u64);
            if blocked.taken_bytes >= self.limits.min_drain_bytes() {
                *blocked = Blocked {
                    since: now,
                    taken_bytes: 0,
                };
            }
        }
    }

    /// The system takes nothing for now.
    pub(super) fn stalled(&mut self, now: Instant) {
        self.blocked.get_or_insert(Blocked {
            since: now,
            taken_bytes: 0,
        });
    }

    /// Whether the peer is behind with taking what is there for it.
    pub(super) const fn is_blocked(&self) -> bool {
        self.blocked.is_some()
    }

    /// Nothing is left to be sent.
    pub(super) fn flushed(&mut self, now: impl FnOnce() -> Instant) {
        self.blocked = None;
        if self.phase == Phase::Sending {
            self.phase = Phase::Quiet {
                since: now(),
                patience: self.limits.idle,
            };
        }
    }

    /// The deadline that holds now, and what it means to miss it.
    pub(super) fn due(&self) -> Option<(Instant, Expired)> {
        if let Some(blocked) = self.blocked {
            return Some((blocked.since + self.limits.drain, Expired::Drain));
        }
        match self.phase {
            Phase::Quiet { since, patience } => Some((since + patience, Expired::Idle)),
            Phase::Head { since } => Some((since + self.limits.head, Expired::Head)),
            Phase::Answering | Phase::Sending => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn limits() -> ConnectionLimits {
        ConnectionLimits {
            max_connections: 10,
            max_head_bytes: 8 << 10,
            head: s(10),
            idle: s(60),
            drain: s(20),
            min_drain_bytes_per_s: 100,
            shutdown: s(1),
        }
    }

    #[test]
    fn a_connection_that_says_nothing_is_idle_after_the_time_for_a_head() {
        let start = Instant::now();
        let progress = Progress::accepted(limits(), start);
        assert_eq!(progress.due(), Some((start + s(10), Expired::Idle)));
    }

    #[test]
    fn bytes_of_a_head_that_come_later_do_not_move_its_deadline() {
        let start = Instant::now();
        let mut progress = Progress::accepted(limits(), start);
        progress.head_began(start + s(3));
        assert!(
            !progress.awaits_head(),
            "so that nobody calls it for the second byte"
        );
        assert_eq!(progress.due(), Some((start + s(13), Expired::Head)));
    }

    #[test]
    fn between_requests_the_idle_time_counts_from_the_end_of_the_answer() {
        let start = Instant::now();
        let mut progress = Progress::accepted(limits(), start);
        progress.head_began(start);
        progress.called();
        assert_eq!(progress.due(), None, "an answer has its own deadlines");
        progress.flushed(|| start + s(1));
        assert_eq!(progress.due(), None, "a flush within an answer does not end it");
        progress.answered();
        progress.flushed(|| start + s(5));
        assert_eq!(progress.due(), Some((start + s(65), Expired::Idle)));
    }

    #[test]
    fn a_peer_that_takes_less_than_the_least_rate_is_given_up() {
        let start = Instant::now();
        let mut progress = Progress::accepted(limits(), start);
        progress.called();
        progress.stalled(start);
        progress.wrote(1_999, start + s(19));
        progress.stalled(start + s(19));
        assert_eq!(progress.due(), Some((start + s(20), Expired::Drain)));
        progress.wrote(1, start + s(19));
        assert_eq!(progress.due(), Some((start + s(39), Expired::Drain)));
        progress.flushed(|| start + s(25));
        assert!(!progress.is_blocked());
        assert_eq!(progress.due(), None);
    }

    #[test]
    fn without_a_least_rate_one_byte_is_enough() {
        let lax = ConnectionLimits {
            min_drain_bytes_per_s: 0,
            ..limits()
        };
        let start = Instant::now();
        let mut progress = Progress::accepted(lax, start);
        progress.stalled(start);
        progress.wrote(0, start + s(5));
        assert_eq!(progress.due(), Some((start + s(20), Expired::Drain)));
        progress.wrote(1, start + s(19));
        assert_eq!(progress.due(), Some((start + s(39), Expired::Drain)));
    }
}
