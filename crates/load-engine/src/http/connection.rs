//! One connection that carries one request at a time.

use std::{future::poll_fn, io};

use tokio::time::timeout;

use super::{
    Headers, Request, Target,
    exchange::{Exchange, ExchangeError, Exchanged},
    stream::Stream,
};

/// One open connection. It closes when this is dropped.
///
/// What reads and writes is driven by whoever waits for the answer, and not by a task of its own: a request then takes no
/// change from task to task, which is a fifth of what it costs.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    /// Whether it can carry a request: the last one, if there was one, was answered to its end, and both sides go on.
    idle: bool,
    /// Those of the last answer.
    headers: Headers,
}

impl Connection {
    /// Opens one, within the target's time-out.
    pub(crate) async fn open(target: &Target) -> io::Result<Self> {
        let stream = timeout(target.connect_timeout, Stream::open(target)).await??;
        Ok(Self {
            stream,
            idle: true,
            headers: Headers::default(),
        })
    }

    /// Whether it can carry no more requests: the server has closed it, as far as the system has told, or what came over it
    /// last leaves it in no known state.
    pub(crate) fn is_closed(&mut self) -> bool {
        // What comes unasked is no answer to the next request.
        !self.idle || self.stream.has_news()
    }

    /// Sends a request and reads its answer to the end. Dropped before that, it leaves the connection closed.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Exchanged, ExchangeError> {
        self.idle = false;
        let mut exchange = Exchange::new(request, &mut self.headers);
        let exchanged = poll_fn(|cx| exchange.poll(&mut self.stream, cx)).await?;
        self.idle = exchanged.reusable;
        Ok(exchanged)
    }
}

#[cfg(test)]
mod tests;
