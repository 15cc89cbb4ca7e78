//! Submitting: what is accepted, what is refused, and what is the same submit.

mod answers;
mod idempotency;
mod refusals;
mod request_ids;
