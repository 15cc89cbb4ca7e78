//! The heap of a server whose memory is watched.

use run_context::{Surroundings, Target};

/// glibc gives threads heaps of their own, and what lies unused between them goes on growing for half an hour and more, which no
/// slope can tell from a leak. With one heap it levels off while the bounds fill. Audio goes in and out of the cache in all sizes,
/// which leaves gaps in that heap; pieces of 64 KiB and more are mapped on their own and given back whole. Other allocators do
/// not know the variables.
const TIDY_HEAP: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "65536")];

/// Variables in the environment of a server that is started, unless somebody has set them already; none for a target of others.
pub(crate) fn tidy_heap(target: &Target, around: &Surroundings) -> Vec<(String, String)> {
    TIDY_HEAP
        .into_iter()
        .filter(|(name, _)| target.is_own() && around.get(name).is_none())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What is said of them in the notices of a result.
pub(crate) fn told(variables: &[(String, String)]) -> impl Iterator<Item = String> {
    variables
        .iter()
        .map(|(name, value)| format!("the server was started with {name}={value} in its environment"))
}
