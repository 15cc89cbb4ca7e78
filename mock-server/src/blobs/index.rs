//! Which blobs there are, who needs them, and which one goes next.

use std::collections::{BTreeMap, HashMap, HashSet};

use audio_api::JobId;

use super::Held;

/// What is known of a blob without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobMeta {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its length in samples; `None` until somebody has looked into it.
    pub samples: Option<u64>,
}

#[derive(Debug)]
struct Entry {
    meta: BlobMeta,
    last_used: u64,
    /// Who needs it. By job and not as a number, because a blob may be forgotten and stored again in between.
    pinned_by: HashSet<JobId>,
    /// Its bytes, where the store itself is memory.
    held: Option<Held>,
}

/// The index. Every operation costs at most O(log n).
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: HashMap<Box<str>, Entry>,
    /// Entries without a pin, least recently used first.
    evictable: BTreeMap<u64, Box<str>>,
    pinned_for: HashMap<JobId, HashSet<Box<str>>>,
    bytes: u64,
    clock: u64,
}

impl Index {
    /// Adds a blob, or replaces it; `held` are its bytes where they are in memory anyway.
    pub(super) fn insert(&mut self, key: &str, meta: BlobMeta, held: Option<Held>) {
        let last_used = self.tick();
        let mut pinned_by = HashSet::new();
        if let Some(old) = self.entries.remove(key) {
            self.evictable.remove(&old.last_used);
            self.bytes -= old.meta.size_bytes;
            pinned_by = old.pinned_by;
        }
        self.bytes += meta.size_bytes;
        if pinned_by.is_empty() {
            self.evictable.insert(last_used, key.into());
        }
        let entry = Entry {
            meta,
            last_used,
            pinned_by,
            held,
        };
        self.entries.insert(key.into(), entry);
    }

    /// Notes a blob's length, which changes neither its size nor its place.
    pub(super) fn note_samples(&mut self, key: &str, samples: u64) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.meta.samples = Some(samples);
        }
    }

    /// A blob's bytes, if they are at hand; it then counts as used just now.
    pub(super) fn held(&mut self, key: &str) -> Option<(BlobMeta, Held)> {
        let held = self.entries.get(key)?.held.clone()?;
        Some((self.touch(key)?, held))
    }

    /// Marks a blob as used just now; `None` when there is none.
    pub(super) fn touch(&mut self, key: &str) -> Option<BlobMeta> {
        let now = self.tick();
        let entry = self.entries.get_mut(key)?;
        let before = std::mem::replace(&mut entry.last_used, now);
        let meta = entry.meta;
        if let Some(key) = self.evictable.remove(&before) {
            self.evictable.insert(now, key);
        }
        Some(meta)
    }

    /// Keeps a blob until the job is released; `None` when there is none.
    pub(super) fn pin(&mut self, job: &JobId, key: &str) -> Option<BlobMeta> {
        let entry = self.entries.get_mut(key)?;
        self.pinned_for.entry(job.clone()).or_default().insert(key.into());
        entry.pinned_by.insert(job.clone());
        self.evictable.remove(&entry.last_used);
        Some(entry.meta)
    }

    pub(super) fn pinning_jobs(&self) -> Vec<JobId> {
        self.pinned_for.keys().cloned().collect()
    }

    pub(super) fn release(&mut self, job: &JobId) {
        for key in self.pinned_for.remove(job).unwrap_or_default() {
            if let Some(entry) = self.entries.get_mut(&key)
                && entry.pinned_by.remove(job)
                && entry.pinned_by.is_empty()
            {
                self.evictable.insert(entry.last_used, key);
            }
        }
    }

    /// Takes the least recently used blob that nobody needs out of the index, if the whole is over `limit`.
    pub(super) fn evict_over(&mut self, limit: u64) -> Option<Box<str>> {
        if self.bytes <= limit {
            return None;
        }
        let (_, key) = self.evictable.pop_first()?;
        self.forget(&key);
        Some(key)
    }

    pub(super) fn forget(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.meta.size_bytes;
            self.evictable.remove(&entry.last_used);
        }
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    const fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meta(size_bytes: u64) -> BlobMeta {
        BlobMeta {
            size_bytes,
            samples: None,
        }
    }

    #[test]
    fn the_least_recently_used_goes_first_and_a_pinned_one_never() {
        let mut index = Index::default();
        for key in ["a", "b", "c", "d"] {
            index.insert(key, meta(10), None);
        }
        index.touch("a");
        index.pin(&"job".into(), "b");
        assert_eq!(index.evict_over(20).as_deref(), Some("c"));
        assert_eq!(index.evict_over(20).as_deref(), Some("d"));
        assert_eq!(index.evict_over(20), None);
        assert_eq!(index.evict_over(0).as_deref(), Some("a"));
        assert_eq!(index.evict_over(0), None, "b is pinned");
        index.release(&"job".into());
        assert_eq!(index.evict_over(0).as_deref(), Some("b"));
    }

    #[test]
    fn a_blob_that_is_forgotten_and_stored_again_is_kept_for_the_job_that_pins_it_anew() {
        let (mut index, job) = (Index::default(), JobId::from("job"));
        index.insert("a", meta(10), None);
        index.pin(&job, "a");
        index.forget("a");
        index.insert("a", meta(10), None);
        index.pin(&job, "a");
        assert_eq!(index.evict_over(0), None, "a is pinned");
        index.release(&job);
        assert_eq!(index.evict_over(0).as_deref(), Some("a"));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Insert(u8, u64),
        Touch(u8),
        Pin(u8, u8),
        Release(u8),
        Evict(u64),
        Forget(u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..8u8, 0..50u64).prop_map(|(k, s)| Step::Insert(k, s)),
            (0..8u8).prop_map(Step::Touch),
            (0..4u8, 0..8u8).prop_map(|(j, k)| Step::Pin(j, k)),
            (0..4u8).prop_map(Step::Release),
            (0..100u64).prop_map(Step::Evict),
            (0..8u8).prop_map(Step::Forget),
        ];
        prop::collection::vec(step, 0..60)
    }

    proptest! {
        #[test]
        fn the_index_always_adds_up(steps in steps()) {
            let mut index = Index::default();
            for step in steps {
                match step {
                    Step::Insert(k, size) => index.insert(&k.to_string(), meta(size), None),
                    Step::Touch(k) => { index.touch(&k.to_string()); }
                    Step::Pin(j, k) => { index.pin(&j.to_string().into(), &k.to_string()); }
                    Step::Release(j) => index.release(&j.to_string().into()),
                    Step::Evict(limit) => while index.evict_over(limit).is_some() {},
                    Step::Forget(k) => index.forget(&k.to_string()),
                }
                let bytes: u64 = index.entries.values().map(|e| e.meta.size_bytes).sum();
                prop_assert_eq!(bytes, index.bytes());
                let unpinned = index.entries.iter().filter(|(_, e)| e.pinned_by.is_empty()).count();
                prop_assert_eq!(unpinned, index.evictable.len());
                for (used, key) in &index.evictable {
                    prop_assert_eq!(index.entries[key].last_used, *used);
                }
            }
        }
    }
}
