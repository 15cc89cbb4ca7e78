//! Where a run comes from: a digest of what changes its times.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    audio::hex,
    cases::{CaseSet, Nonce},
};

/// A digest of what changes the times: the target's profile, the model, the texts, and how the server was started. Neither
/// the address nor injected faults belong to it, so that a run against the same server elsewhere compares, and a proof
/// is held against the baseline that it is about.
#[must_use]
pub fn settings_digest(target: &str, model: Option<&str>, cases: &CaseSet, server_args: &[String]) -> String {
    let texts: Vec<_> = cases
        .iter()
        .map(|case| json!([case.name, case.text(&Nonce::FIXED), case.voice_id, case.model]))
        .collect();
    let settings = json!({ "target": target, "model": model, "cases": texts, "server_args": server_args });
    hex(&Sha256::digest(settings.to_string()))[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_what_changes_times_and_nothing_else() {
        let cases = CaseSet::built_in().unwrap();
        let usual = settings_digest("reference", None, &cases, &[]);
        assert_eq!(usual, settings_digest("reference", None, &cases, &[]));
        assert_ne!(usual, settings_digest("reference", Some("quality"), &cases, &[]));
        assert_ne!(
            usual,
            settings_digest("reference", None, &cases, &["--workers=1".to_owned()])
        );
        assert_eq!(usual.len(), 16);
    }
}
