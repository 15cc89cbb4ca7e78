//! Sleeping until an absolute time to within a tenth of a millisecond. tokio's timers have a resolution of 1 ms and fire
//! 0.6 to 0.9 ms late, which would stand in every latency that is counted from a due time; a `timerfd` is 0.03 to 0.08 ms late.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use tokio::{sync::Notify, task::JoinHandle};

/// The sleepers of one thread. All of them share one file descriptor.
#[derive(Debug, Clone)]
pub(crate) struct Timer {
    sleepers: Rc<Sleepers>,
}

#[derive(Debug, Default)]
struct Sleepers {
    /// By when they are due; the number tells those of one instant apart.
    by_due: RefCell<BTreeMap<(Instant, u64), Waker>>,
    next_number: std::cell::Cell<u64>,
    earlier: Notify,
}

/// Wakes sleepers for as long as it lives.
#[derive(Debug)]
pub(crate) struct Driver {
    task: JoinHandle<()>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Timer {
    /// The timer of this thread, and what drives it.
    ///
    /// # Errors
    /// When the system gives no timer.
    ///
    /// # Panics
    /// Outside of a local runtime.
    pub(crate) fn start() -> io::Result<(Self, Driver)> {
        let sleepers = Rc::new(Sleepers::default());
        let alarm = Alarm::new()?;
        let driven = sleepers.clone();
        let task = tokio::task::spawn_local(async move { drive(&driven, &alarm).await });
        Ok((Self { sleepers }, Driver { task }))
    }

    /// Completes at `due`, or at once when that has passed.
    pub(crate) fn sleep_until(&self, due: Instant) -> Sleep {
        Sleep {
            sleepers: self.sleepers.clone(),
            due,
            entered: None,
        }
    }
}

async fn drive(sleepers: &Sleepers, alarm: &Alarm) {
    loop {
        match sleepers.wake_due(Instant::now()) {
            None => sleepers.earlier.notified().await,
            Some(next) => tokio::select! {
                () = alarm.ring_at(next) => {}
                () = sleepers.earlier.notified() => {}
            },
        }
    }
}

impl Sleepers {
    /// Wakes those that are due and tells when the next one is.
    fn wake_due(&self, now: Instant) -> Option<Instant> {
        loop {
            let mut by_due = self.by_due.borrow_mut();
            let first = by_due.first_entry()?;
            if first.key().0 > now {
                return Some(first.key().0);
            }
            let waker = first.remove();
            drop(by_due);
            waker.wake();
        }
    }

    fn enter(&self, due: Instant, number: Option<u64>, waker: &Waker) -> u64 {
        let number = number.unwrap_or_else(|| {
            let number = self.next_number.get();
            self.next_number.set(number + 1);
            number
        });
        let mut by_due = self.by_due.borrow_mut();
        let earliest = by_due
            .first_key_value()
            .is_none_or(|((first, _), _)| due < *first);
        by_due.insert((due, number), waker.clone());
        if earliest {
            self.earlier.notify_one();
        }
        number
    }
}

/// See [`Timer::sleep_until`].
#[derive(Debug)]
pub(crate) struct Sleep {
    sleepers: Rc<Sleepers>,
    due: Instant,
    /// Its number among the sleepers, and whom they wake.
    entered: Option<(u64, Waker)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.due {
            return Poll::Ready(());
        }
        let known = match &self.entered {
            Some((_, waker)) if waker.will_wake(cx.waker()) => return Poll::Pending,
            entered => entered.as_ref().map(|(number, _)| *number),
        };
        let number = self.sleepers.enter(self.due, known, cx.waker());
        self.entered = Some((number, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some((number, _)) = &self.entered {
            self.sleepers.by_due.borrow_mut().remove(&(self.due, *number));
        }
    }
}

#[cfg(target_os = "linux")]
use timerfd::Alarm;
#[cfg(not(target_os = "linux"))]
use tokio_sleep::Alarm;

#[cfg(target_os = "linux")]
mod timerfd {
    use std::{io, os::fd::OwnedFd, time::Instant};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::io::{Interest, unix::AsyncFd};

    #[derive(Debug)]
    pub(super) struct Alarm(AsyncFd<OwnedFd>);

    impl Alarm {
        pub(super) fn new() -> io::Result<Self> {
            let fd = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            #[expect(
                deprecated,
                reason = "an `OwnedFd` cannot be closed by others; what replaces this is unsafe"
            )]
            let alarm = AsyncFd::with_interest(fd, Interest::READABLE)?;
            Ok(Self(alarm))
        }

        /// Completes at a time that lies ahead, or too early, never too late.
        pub(super) async fn ring_at(&self, due: Instant) {
            let ahead = due.saturating_duration_since(Instant::now());
            // All zero would switch it off.
            let value = Timespec {
                tv_sec: i64::try_from(ahead.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(ahead.subsec_nanos().max(1)),
            };
            let spec = Itimerspec {
                it_interval: Timespec::default(),
                it_value: value,
            };
            // The descriptor is ours and the time is legal: there is nothing it could refuse.
            if timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &spec).is_err() {
                return;
            }
            if let Ok(mut ready) = self.0.readable().await {
                // Setting it anew makes it silent again, so the count of expirations need not be read.
                ready.clear_ready();
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod tokio_sleep {
    use std::{io, time::Instant};

    #[derive(Debug)]
    pub(super) struct Alarm;

    impl Alarm {
        #[expect(clippy::unnecessary_wraps, reason = "the one of Linux can fail")]
        pub(super) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) async fn ring_at(&self, due: Instant) {
            tokio::time::sleep_until(due.into()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn on_a_thread<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(tokio::runtime::LocalOptions::default())
            .unwrap();
        runtime.block_on(work)
    }

    #[test]
    fn sleepers_wake_in_the_order_of_their_times_and_never_early() {
        let woken = on_a_thread(async {
            let (timer, _driver) = Timer::start().unwrap();
            let start = Instant::now();
            let woken = Rc::new(RefCell::new(Vec::new()));
            let sleepers = [30, 10, 20, 10, 0].map(|ms| {
                let (timer, woken) = (timer.clone(), woken.clone());
                // Each on its own: those that are looked at together are not looked at in the order of their times.
                tokio::task::spawn_local(async move {
                    timer.sleep_until(start + Duration::from_millis(ms)).await;
                    assert!(start.elapsed() >= Duration::from_millis(ms));
                    woken.borrow_mut().push(ms);
                })
            });
            for sleeper in sleepers {
                sleeper.await.unwrap();
            }
            woken.take()
        });
        assert_eq!(woken, [0, 10, 10, 20, 30]);
    }

    #[test]
    fn a_sleeper_that_gives_up_is_forgotten() {
        on_a_thread(async {
            let (timer, _driver) = Timer::start().unwrap();
            let start = Instant::now();
            let never = timer.sleep_until(start + Duration::from_secs(3600));
            let soon = timer.sleep_until(start + Duration::from_millis(5));
            futures::future::select(Box::pin(never), Box::pin(soon)).await;
            assert!(timer.sleepers.by_due.borrow().is_empty());
            // And the clock still goes.
            timer.sleep_until(Instant::now() + Duration::from_millis(5)).await;
        });
    }

    #[test]
    fn a_later_sleeper_that_is_due_earlier_is_not_kept_waiting() {
        on_a_thread(async {
            let (timer, _driver) = Timer::start().unwrap();
            let start = Instant::now();
            let far = tokio::task::spawn_local({
                let timer = timer.clone();
                async move { timer.sleep_until(start + Duration::from_secs(3600)).await }
            });
            tokio::task::yield_now().await;
            timer.sleep_until(start + Duration::from_millis(10)).await;
            assert!(!far.is_finished());
            far.abort();
        });
    }
}
