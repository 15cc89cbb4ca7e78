//! How long a bench measures: settings from the environment, because cargo passes arguments to all benches or none.

use std::{env, time::Duration};

use super::Unmeasured;

/// A whole number from the environment.
pub(crate) fn number(name: &str, default: u32) -> Result<u32, Unmeasured> {
    match env::var(name) {
        Err(env::VarError::NotPresent) => Ok(default),
        Ok(text) => match text.parse() {
            Ok(number @ 1..=10_000) => Ok(number),
            _ => Err(Unmeasured(format!("{name} is {text:?}; legal: 1 to 10000"))),
        },
        Err(error) => Err(Unmeasured(format!("{name}: {error}"))),
    }
}

/// How long one load lasts: `BENCH_SECONDS`.
pub(crate) fn load_time(default_s: u32) -> Result<Duration, Unmeasured> {
    Ok(Duration::from_secs(number("BENCH_SECONDS", default_s)?.into()))
}

/// How often everything is measured in turn: `BENCH_ROUNDS`.
pub(crate) fn rounds(default: u32) -> Result<u32, Unmeasured> {
    number("BENCH_ROUNDS", default)
}
