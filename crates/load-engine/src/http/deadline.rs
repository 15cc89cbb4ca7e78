//! A deadline that costs hardly anything while it is kept.

use std::{
    pin::{Pin, pin},
    task::{Poll, Waker, ready},
    time::Instant,
};

use tokio::time::{Sleep, sleep_until};

/// A timer that is set anew only when it fires: each deadline lies behind the one before it, so one that was set for an
/// earlier deadline fires too early for a later one, and never too late.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    timer: Option<Pin<Box<Sleep>>>,
    /// Whom it wakes when it fires.
    waker: Option<Waker>,
}

impl Deadline {
    /// Waits for `work` until `deadline`, which lies behind that of every call before; `None` when it is over by then.
    pub(crate) async fn by<T>(&mut self, deadline: Instant, work: impl Future<Output = T>) -> Option<T> {
        let Self { timer, waker } = self;
        let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline.into())));
        let mut work = pin!(work);
        std::future::poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(done));
            }
            let is_set = waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if is_set && !timer.is_elapsed() {
                return Poll::Pending;
            }
            loop {
                *waker = Some(cx.waker().clone());
                ready!(timer.as_mut().poll(cx));
                if Instant::now() >= deadline {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(deadline.into());
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, task::Context, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn each_deadline_is_kept_though_the_timer_was_set_for_an_earlier_one() {
        let mut deadline = Deadline::default();
        let begun = Instant::now();
        let in_ms = |ms| begun + Duration::from_millis(ms);
        assert_eq!(deadline.by(in_ms(20), async { 1 }).await, Some(1));
        assert_eq!(deadline.by(in_ms(60), pending::<()>()).await, None);
        assert!(begun.elapsed() >= Duration::from_millis(60));
        // It has fired, and serves on.
        assert_eq!(deadline.by(in_ms(90), pending::<()>()).await, None);
        assert!(begun.elapsed() >= Duration::from_millis(90));
        assert_eq!(deadline.by(in_ms(60_000), async { 2 }).await, Some(2));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn whoever_waits_last_is_woken() {
        let mut deadline = Deadline::default();
        let at = Instant::now() + Duration::from_millis(20);
        {
            let first = pin!(deadline.by(at, pending::<()>()));
            assert!(first.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        let waiting = timeout(Duration::from_secs(30), deadline.by(at, pending::<()>()));
        assert_eq!(waiting.await, Ok(None));
        assert!(at.elapsed() < Duration::from_secs(15), "it was the other timer");
    }
}
