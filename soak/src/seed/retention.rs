//! A server that keeps what is loaded into it.

use run_context::{Target, Where};

/// What a short job's record takes at most, in bytes, on the reference server.
const RECORD_BYTES: u64 = 8 << 10;
/// The reference server's own default for records, in bytes.
const RECORDS_BYTES: u64 = 256 << 20;
const RETAIN_JOBS: &str = "--retain-jobs";

/// Why a server is not loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum RetentionError {
    /// Nobody says how many it keeps.
    #[error(
        "nobody says how many jobs the server keeps, and {wanted} are to be loaded; say it with --retains N, or scale down with --orgs \
         and --recordings"
    )]
    Unknown { wanted: u64 },
    /// It keeps fewer.
    #[error(
        "{flag} {kept}: the server keeps fewer jobs than the {wanted} that are to be loaded, so that the first would be gone before the \
         last is there; legal: {wanted} or more, or scale down with --orgs and --recordings"
    )]
    TooFew {
        flag: &'static str,
        kept: u64,
        wanted: u64,
    },
    /// It is no number.
    #[error("--server-arg {given}: legal is --server-arg={RETAIN_JOBS}=N")]
    Flag { given: String },
}

/// The target, started with enough room where this run starts it.
pub(super) fn keep(target: Target, wanted: u64, retains: Option<u64>) -> Result<Target, RetentionError> {
    let given = match &target.place {
        Where::Remote { .. } => {
            return match retains {
                None => Err(RetentionError::Unknown { wanted }),
                Some(kept) => enough("--retains", kept, wanted).map(|()| target),
            };
        }
        Where::Own { args, .. } => args.clone(),
    };
    if let Some(kept) = said(&given)? {
        enough(RETAIN_JOBS, kept, wanted)?;
    }
    let usual = [
        ("--voice-cost", "zero".to_owned()),
        ("--max-active-jobs", "64".to_owned()),
        (RETAIN_JOBS, wanted.to_string()),
        (
            "--retain-bytes",
            (RECORDS_BYTES + wanted * RECORD_BYTES).to_string(),
        ),
    ];
    let is_given = |flag: &str| given.iter().any(|arg| arg.split('=').next() == Some(flag));
    let usual = usual.into_iter().filter(|(flag, _)| !is_given(flag));
    Ok(target.with_server_args(usual.map(|(flag, value)| format!("{flag}={value}"))))
}

fn enough(flag: &'static str, kept: u64, wanted: u64) -> Result<(), RetentionError> {
    if kept < wanted {
        return Err(RetentionError::TooFew { flag, kept, wanted });
    }
    Ok(())
}

/// What the arguments say that the server is to keep.
fn said(args: &[String]) -> Result<Option<u64>, RetentionError> {
    let mut kept = None;
    for arg in args
        .iter()
        .filter(|arg| arg.split('=').next() == Some(RETAIN_JOBS))
    {
        let number = arg.split_once('=').and_then(|(_, number)| number.parse().ok());
        kept = Some(number.ok_or_else(|| RetentionError::Flag { given: arg.clone() })?);
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use run_context::{Surroundings, TargetArgs};

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        target: TargetArgs,
    }

    fn kept(args: &[&str], retains: Option<u64>) -> Result<Vec<String>, String> {
        let command = Command::try_parse_from(["soak"].iter().chain(args)).unwrap();
        let target = command.target.target(&Surroundings::default()).unwrap();
        let target = keep(target, 1_000, retains).map_err(|error| error.to_string())?;
        Ok(match target.place {
            Where::Own { args, .. } => args,
            Where::Remote { .. } => Vec::new(),
        })
    }

    #[test]
    fn a_server_of_ones_own_is_given_enough_room() {
        let args = kept(&[], None).unwrap();
        assert!(args.contains(&"--retain-jobs=1000".to_owned()), "{args:?}");
        let more = kept(&["--server-arg=--retain-jobs=5000"], None).unwrap();
        assert_eq!(
            more.iter().filter(|arg| arg.starts_with("--retain-jobs")).count(),
            1
        );
    }

    #[test]
    fn a_server_that_keeps_too_few_is_refused() {
        let says = |args: &[&str], retains| kept(args, retains).unwrap_err();
        assert!(says(&["--server-arg=--retain-jobs=999"], None).starts_with("--retain-jobs 999"));
        assert!(says(&["--server-arg=--retain-jobs=many"], None).contains("=N"));
        assert!(says(&["--api-base", "http://h"], None).contains("--retains N"));
        assert!(says(&["--api-base", "http://h"], Some(999)).starts_with("--retains 999"));
        assert!(kept(&["--api-base", "http://h"], Some(1_000)).is_ok());
    }
}
