//! What the fuzzer starts from and what it kept, fed through its property without it.

use std::{env, fs, path::PathBuf};

use sha2::{Digest as _, Sha256};

use super::property::Request;
use crate::faults::flag_property;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// A named case must be one of the fuzzer's seeds; `UPDATE_SEEDS=1` makes it one.
#[track_caller]
pub(super) fn assert_seeded(case: &str) {
    let digest = Sha256::digest(case);
    let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let path = folder("seeds/representation").join(name);
    if env::var_os("UPDATE_SEEDS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, case).unwrap();
    }
    let seed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        seed, case,
        "not a seed yet: UPDATE_SEEDS=1 cargo test -p mock-server representation"
    );
}

fn inputs(folders: [&str; 2]) -> Vec<(PathBuf, Vec<u8>)> {
    let files = folders.map(folder).into_iter().flat_map(|folder| {
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        assert!(!files.is_empty(), "{} is empty", folder.display());
        files
    });
    files
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

#[test]
fn every_request_that_the_fuzzer_kept_has_the_property() {
    for (path, input) in inputs(["seeds/representation", "corpus/representation"]) {
        println!("{}", path.display());
        Request::read(&input).check();
    }
}

#[test]
fn every_flag_that_the_fuzzer_kept_has_the_property() {
    for (path, input) in inputs(["seeds/fault_flag", "corpus/fault_flag"]) {
        println!("{}", path.display());
        flag_property::check(&input);
    }
}
