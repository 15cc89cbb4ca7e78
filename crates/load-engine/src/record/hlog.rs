//! HdrHistogram logs: every histogram of a run under a tag, in the text format that HdrHistogram's own tools read.
//! Adding up the logs of several generators is exact, which averaging their percentiles would not be.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::{Duration, SystemTime},
};

use hdrhistogram::{
    Histogram,
    serialization::{
        Deserializer, V2DeflateSerializer,
        interval_log::{IntervalLogIterator, IntervalLogWriterBuilder, LogEntry, Tag},
    },
};

use super::{Latency, Record};

/// The line by which readers know the format; the writer leaves it to its caller.
const VERSION_LINE: &str = "#[Histogram log format version 1.3]";
/// Values are microseconds, and the format gives the longest of an interval in milliseconds.
const MAX_VALUE_DIVISOR: f64 = 1000.0;

/// Histograms under their tags.
pub type Tagged = BTreeMap<String, Latency>;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HlogError {
    /// It is not in the format.
    #[error("line {line} is no line of an HdrHistogram log")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A histogram has no tag, so nobody knows what it is of.
    #[error("histogram {number} has no tag")]
    Untagged {
        /// Counted from 1.
        number: usize,
    },
    /// A histogram cannot be decoded.
    #[error("histogram {tag} cannot be decoded: {reason}")]
    Histogram {
        /// Its tag.
        tag: String,
        /// Why.
        reason: String,
    },
    /// There is nothing in it.
    #[error("it holds no histogram")]
    Empty,
}

impl Record {
    /// Every histogram under its tag: `STEP|OUTCOME|response`, `STEP|OUTCOME|service`, `STEP|first_byte`, `trend|NAME`, `connect`,
    /// `send_lag`. Empty ones are left out.
    #[must_use]
    pub fn tagged(&self) -> Tagged {
        let mut all = Tagged::new();
        for (step, record) in self.steps() {
            for (outcome, timings) in record.occurred() {
                let tag = |kind| tag(&[&step.name, outcome.name(), kind]);
                all.insert(tag("response"), timings.response.clone());
                all.insert(tag("service"), timings.service.clone());
            }
            all.insert(tag(&[&step.name, "first_byte"]), record.first_byte.clone());
        }
        for (name, latency) in self.trends() {
            all.insert(tag(&["trend", name]), latency.clone());
        }
        all.insert("connect".to_owned(), self.connect.clone());
        all.insert("send_lag".to_owned(), self.send_lag.clone());
        all.retain(|_, latency| latency.count() > 0);
        all
    }
}

/// A tag holds no comma, no white space and no line break.
fn tag(parts: &[&str]) -> String {
    let legal = |c: char| {
        if c.is_whitespace() || c == ',' || c.is_control() {
            '_'
        } else {
            c
        }
    };
    parts.join("|").chars().map(legal).collect()
}

/// Writes one interval: all histograms, from `began` on for `lasted`.
///
/// # Errors
/// What the writer reports.
pub fn write_hlog(
    out: &mut dyn Write,
    tagged: &Tagged,
    began: SystemTime,
    lasted: Duration,
) -> io::Result<()> {
    writeln!(out, "{VERSION_LINE}")?;
    let mut out = out;
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("values are microseconds")
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(MAX_VALUE_DIVISOR)
        .begin_log_with(&mut out, &mut serializer)?;
    for (name, latency) in tagged {
        let name = Tag::new(name).ok_or_else(|| io::Error::other(format!("{name:?} cannot be a tag")))?;
        log.write_histogram(latency.micros(), Duration::ZERO, lasted, Some(name))
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
    }
    Ok(())
}

/// Reads a log; histograms of one tag are added up, over intervals as over generators.
///
/// # Errors
/// When a line is not of the format, a histogram has no tag or cannot be decoded, or there is none.
pub fn read_hlog(log: &[u8]) -> Result<Tagged, HlogError> {
    let mut all = Tagged::new();
    let mut deserializer = Deserializer::new();
    let mut number = 0;
    for entry in IntervalLogIterator::new(log) {
        let entry = entry.map_err(|error| {
            let hdrhistogram::serialization::interval_log::LogIteratorError::ParseError { offset } = error;
            let before = &log[..offset.min(log.len())];
            HlogError::Line {
                line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            }
        })?;
        let LogEntry::Interval(interval) = entry else {
            continue;
        };
        number += 1;
        let tag = interval
            .tag()
            .ok_or(HlogError::Untagged { number })?
            .as_str()
            .to_owned();
        let histogram = decode(&mut deserializer, interval.encoded_histogram()).map_err(|reason| {
            HlogError::Histogram {
                tag: tag.clone(),
                reason,
            }
        })?;
        let latency = Latency::from(histogram);
        all.entry(tag)
            .and_modify(|known| known.add(&latency))
            .or_insert(latency);
    }
    if all.is_empty() {
        Err(HlogError::Empty)
    } else {
        Ok(all)
    }
}

fn decode(deserializer: &mut Deserializer, encoded: &str) -> Result<Histogram<u64>, String> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .map_err(|error| error.to_string())?;
    let mut histogram: Histogram<u64> = deserializer
        .deserialize(&mut bytes.as_slice())
        .map_err(|error| error.to_string())?;
    // What is added to it may be longer than what it was made for.
    histogram.auto(true);
    Ok(histogram)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn latency(ms: impl IntoIterator<Item = u64>) -> Latency {
        let mut latency = Latency::default();
        ms.into_iter()
            .for_each(|ms| latency.record(Duration::from_millis(ms)));
        latency
    }

    fn log_of(tagged: &Tagged) -> Vec<u8> {
        let mut log = Vec::new();
        write_hlog(&mut log, tagged, SystemTime::UNIX_EPOCH, Duration::from_secs(10)).unwrap();
        log
    }

    #[test]
    fn a_log_read_back_is_what_was_written() {
        let tagged = Tagged::from([
            ("status|ok|response".to_owned(), latency(1..500)),
            ("trend|submit_to_ready".to_owned(), latency([60_000])),
        ]);
        let read = read_hlog(&log_of(&tagged)).unwrap();
        assert_eq!(read.keys().collect::<Vec<_>>(), tagged.keys().collect::<Vec<_>>());
        for (tag, latency) in &tagged {
            assert_eq!(read[tag].micros(), latency.micros(), "{tag}");
        }
    }

    #[test]
    fn logs_of_two_generators_add_up_exactly() {
        let (fast, slow) = (latency(1..900), latency(5000..5100));
        let one = log_of(&Tagged::from([("a".to_owned(), fast.clone())]));
        let two = log_of(&Tagged::from([("a".to_owned(), slow.clone())]));
        let both = read_hlog(&[one, two].concat()).unwrap();
        let mut sum = fast;
        sum.add(&slow);
        assert_eq!(both["a"].micros(), sum.micros());
    }

    #[test]
    fn the_log_begins_with_the_line_that_other_tools_ask_for() {
        let log = log_of(&Tagged::from([("a".to_owned(), latency([1]))]));
        assert!(log.starts_with(b"#[Histogram log format version 1.3]\n"));
    }

    #[rstest]
    #[case::nothing("", "it holds no histogram")]
    #[case::another_file("{\"a\": 1}\n", "line 1 is no line")]
    #[case::no_tag("0.0,1.0,1.0,SGk=\n", "histogram 1 has no tag")]
    #[case::no_histogram("Tag=a,0.0,1.0,1.0,SGk=\n", "histogram a cannot be decoded")]
    #[case::no_base64("Tag=a,0.0,1.0,1.0,!!\n", "")]
    fn what_is_no_log_is_refused(#[case] log: &str, #[case] says: &str) {
        let error = read_hlog(log.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn a_name_is_made_fit_for_a_tag() {
        assert_eq!(tag(&["a b,c", "ok\n"]), "a_b_c|ok_");
    }
}
