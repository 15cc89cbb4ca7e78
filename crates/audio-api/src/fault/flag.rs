//! The flag form of a rule: `STAGE:KIND=VALUE[,key=value…]`, as in `synth:sleep=800ms,p=0.2,model_id=default`.

use std::{str::FromStr, time::Duration};

use super::{FaultRule, Kind, Match, RuleError, Sleep, Stage, UnknownStage, When, kind::from_ms};

/// Why a flag is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// No colon, or no kind behind it.
    #[error("a fault is STAGE:KIND=VALUE[,key=value…], as in synth:sleep=800ms,p=0.2")]
    Form,
    /// The stage is not one.
    #[error(transparent)]
    Stage(#[from] UnknownStage),
    /// The kind is not one.
    #[error(
        "unknown kind {0:?}; legal kinds: sleep=800ms, sleep=lognormal(MEDIAN;SIGMA), error=503, stall, drop, \
         truncate=0.5, bytes_per_s=1000, crash, leak_bytes_per_s=20000"
    )]
    Kind(String),
    /// A key is not one.
    #[error(
        "unknown key {0:?}; legal keys: p, after_n, every_n, count, window, ttl, text_contains, voice_id, model_id, \
         segment_index, attempt, retry_after_s"
    )]
    Key(String),
    /// A key stands twice.
    #[error("{0} is given twice")]
    Twice(String),
    /// A value cannot be read.
    #[error("{key} is {given:?}; legal: {legal}")]
    Value {
        /// The kind or key.
        key: String,
        /// What stood there.
        given: String,
        /// What may stand there.
        legal: &'static str,
    },
    /// The parts are legal, the whole could never fire.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl FromStr for FaultRule {
    type Err = FlagError;

    fn from_str(flag: &str) -> Result<Self, FlagError> {
        let (stage, rest) = flag.split_once(':').ok_or(FlagError::Form)?;
        let stage: Stage = stage.trim().parse()?;
        let mut parts = rest.split(',').map(str::trim);
        let kind = parts
            .next()
            .filter(|kind| !kind.is_empty())
            .ok_or(FlagError::Form)?;
        let mut kind = parse_kind(kind)?;
        let mut options = Options::default();
        let mut seen = Vec::new();
        for part in parts {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| FlagError::Key(part.to_owned()))?;
            if seen.contains(&key) {
                return Err(FlagError::Twice(key.to_owned()));
            }
            seen.push(key);
            options.set(key, value)?;
        }
        if let Some(seconds) = options.retry_after_s {
            let Kind::Error { retry_after_s, .. } = &mut kind else {
                return Err(RuleError::RetryAfterWithoutError.into());
            };
            *retry_after_s = Some(seconds);
        }
        Ok(Self::new(
            stage,
            kind,
            options.matches,
            options.when,
            options.ttl_ms,
        )?)
    }
}

fn parse_kind(part: &str) -> Result<Kind, FlagError> {
    let (name, value) = part
        .split_once('=')
        .map_or((part, None), |(name, value)| (name, Some(value)));
    let need = |legal| value.ok_or_else(|| bad(name, "", legal));
    match (name, value) {
        ("sleep" | "sleep_ms", _) => Ok(Kind::Sleep(sleep(name, need("a time such as 800ms or 2s")?)?)),
        ("error", _) => {
            let status = number(name, need("400 to 599")?, "400 to 599")?;
            Ok(Kind::Error {
                status,
                retry_after_s: None,
            })
        }
        ("stall", None | Some("true")) => Ok(Kind::Stall),
        ("drop", None | Some("true")) => Ok(Kind::Drop),
        ("crash", None | Some("true")) => Ok(Kind::Crash),
        ("stall" | "drop" | "crash", Some(given)) => Err(bad(name, given, "no value, or true")),
        ("truncate", _) => {
            const LEGAL: &str = "0 up to, not including, 1";
            Ok(Kind::Truncate(number(name, need(LEGAL)?, LEGAL)?))
        }
        ("bytes_per_s", _) => Ok(Kind::BytesPerS(count(name, need("1 or more")?)?)),
        ("leak_bytes_per_s", _) => Ok(Kind::LeakBytesPerS(count(name, need("1 or more")?)?)),
        _ => Err(FlagError::Kind(name.to_owned())),
    }
}

fn sleep(key: &str, value: &str) -> Result<Sleep, FlagError> {
    const LEGAL: &str = "lognormal(MEDIAN;SIGMA), as in lognormal(100ms;0.5)";
    let Some(drawn) = value.strip_prefix("lognormal") else {
        return Ok(Sleep::Fixed(time(key, value)?));
    };
    let inner = drawn.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let (median, sigma) = inner
        .and_then(|inner| inner.split_once(';'))
        .ok_or_else(|| bad(key, value, LEGAL))?;
    Ok(Sleep::LogNormal {
        median: time(key, median.trim())?,
        sigma: number(key, sigma.trim(), LEGAL)?,
    })
}

/// A time with a unit; a bare number is milliseconds.
fn time(key: &str, value: &str) -> Result<Duration, FlagError> {
    const LEGAL: &str = "a time such as 500us, 800ms, 2s or 1m; a bare number is milliseconds";
    let digits = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &value[digits.len()..] {
        "us" => 1e-3,
        "ms" | "" => 1.0,
        "s" => 1e3,
        "m" => 60e3,
        _ => return Err(bad(key, value, LEGAL)),
    };
    let number: f64 = digits.parse().map_err(|_| bad(key, value, LEGAL))?;
    Ok(from_ms(number * factor))
}

#[derive(Default)]
struct Options {
    matches: Match,
    when: When,
    ttl_ms: Option<u64>,
    retry_after_s: Option<u32>,
}

impl Options {
    fn set(&mut self, key: &str, value: &str) -> Result<(), FlagError> {
        let text = || Some(value.to_owned());
        match key {
            "p" => self.when.p = Some(number(key, value, "above 0, at most 1")?),
            "after_n" => self.when.after_n = Some(count(key, value)?),
            "every_n" => self.when.every_n = Some(count(key, value)?),
            "count" => self.when.count = Some(count(key, value)?),
            "window" | "window_ms" => self.when.window_ms = Some(whole_ms(key, value)?),
            "ttl" | "ttl_ms" => self.ttl_ms = Some(whole_ms(key, value)?),
            "text_contains" => self.matches.text_contains = text(),
            "voice_id" => self.matches.voice_id = text(),
            "model_id" => self.matches.model_id = text(),
            "segment_index" => self.matches.segment_index = Some(number(key, value, "0 to 119")?),
            "attempt" => self.matches.attempt = Some(number(key, value, "1 or more")?),
            "retry_after_s" => self.retry_after_s = Some(number(key, value, "a number of seconds")?),
            _ => return Err(FlagError::Key(key.to_owned())),
        }
        Ok(())
    }
}

fn bad(key: &str, given: &str, legal: &'static str) -> FlagError {
    FlagError::Value {
        key: key.to_owned(),
        given: given.to_owned(),
        legal,
    }
}

fn number<T: FromStr>(key: &str, value: &str, legal: &'static str) -> Result<T, FlagError> {
    value.parse().map_err(|_| bad(key, value, legal))
}

fn count(key: &str, value: &str) -> Result<u64, FlagError> {
    number(key, value, "a whole number")
}

fn whole_ms(key: &str, value: &str) -> Result<u64, FlagError> {
    let ms = time(key, value)?.as_millis();
    u64::try_from(ms).map_err(|_| bad(key, value, "a shorter time"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case::of_the_contract(
        "synth:sleep=800ms,p=0.2,model_id=default",
        json!({"stage": "synth", "kind": {"sleep_ms": 800.0}, "match": {"model_id": "default"}, "when": {"p": 0.2}})
    )]
    #[case::seconds("synth:sleep=2s", json!({"stage": "synth", "kind": {"sleep_ms": 2000.0}}))]
    #[case::bare("synth:sleep_ms=5", json!({"stage": "synth", "kind": {"sleep_ms": 5.0}}))]
    #[case::drawn(
        "store:sleep=lognormal(100ms;0.5)",
        json!({"stage": "store", "kind": {"sleep_ms": {"lognormal": [100.0, 0.5]}}})
    )]
    #[case::error(
        "http.submit:error=503,retry_after_s=1,count=3,ttl=1m",
        json!({"stage": "http.submit", "kind": {"error": 503, "retry_after_s": 1}, "when": {"count": 3}, "ttl_ms": 60000})
    )]
    #[case::stall("worker:stall", json!({"stage": "worker", "kind": {"stall": true}}))]
    #[case::crash("worker:crash=true,attempt=1", json!({"stage": "worker", "kind": {"crash": true}, "match": {"attempt": 1}}))]
    fn a_flag_is_the_rule_it_says(#[case] flag: &str, #[case] wire: serde_json::Value) {
        let rule: FaultRule = flag.parse().expect("legal");
        assert_eq!(serde_json::to_value(rule).expect("plain"), wire);
    }

    #[rstest]
    #[case::no_colon("synth", "STAGE:KIND=VALUE")]
    #[case::no_kind("synth:", "STAGE:KIND=VALUE")]
    #[case::stage("voice:sleep=1s", "legal stages:")]
    #[case::kind("synth:snooze=1s", "legal kinds:")]
    #[case::key("synth:sleep=1s,q=1", "legal keys:")]
    #[case::twice("synth:sleep=1s,p=0.1,p=0.2", "p is given twice")]
    #[case::unit("synth:sleep=1h", "sleep is \"1h\"; legal: a time such as")]
    #[case::nan("synth:sleep=NaN", "a time such as")]
    #[case::missing("synth:error", "error is \"\"; legal: 400 to 599")]
    #[case::never("synth:sleep=1s,p=0", "when.p is 0")]
    #[case::retry_after("http.job:stall,retry_after_s=1", "goes with kind.error only")]
    fn a_broken_flag_is_refused_with_what_is_legal(#[case] flag: &str, #[case] says: &str) {
        let error = flag
            .parse::<FaultRule>()
            .expect_err("must be refused")
            .to_string();
        assert!(error.contains(says), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn no_flag_panics(flag in ".{0,60}") {
            let _ = flag.parse::<FaultRule>();
        }

        #[test]
        fn nothing_behind_a_real_stage_panics(rest in "[a-z_=0-9.,;()]{0,40}") {
            let _ = format!("synth:{rest}").parse::<FaultRule>();
        }
    }
}
