//! One synthetic job: its key and its text, from its number.

use std::fmt;

use audio_api::SubmitRequest;
use audio_client::SubmitKey;

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) seed: u64,
    pub(super) orgs: u32,
    pub(super) users: u32,
    pub(super) recordings: u32,
}

/// Which job it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) seed: u64,
    pub(super) org: u32,
    pub(super) user: u32,
    pub(super) recording: u32,
}

impl Extent {
    /// How many jobs.
    pub(super) const fn total(self) -> u64 {
        self.orgs as u64 * self.recordings as u64
    }

    /// All of them, organisation by organisation.
    pub(super) fn places(self) -> impl Iterator<Item = Place> {
        (0..self.orgs).flat_map(move |org| {
            (0..self.recordings).map(move |recording| Place {
                seed: self.seed,
                org,
                user: recording % self.users,
                recording,
            })
        })
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} organisations of {} users, {} recordings each",
            self.orgs, self.users, self.recordings
        )
    }
}

impl Place {
    /// Its `Idempotency-Key`.
    pub(super) fn key(self) -> SubmitKey {
        let Self {
            seed,
            org,
            user,
            recording,
        } = self;
        let key = format!("touchstone-seed-{seed}-{org}-{user}-{recording}");
        SubmitKey::new(&key).unwrap_or_else(|| unreachable!("letters, digits and dashes"))
    }

    /// What it says: short, so that many take little time and memory, and its own, so that none is another's from the cache.
    pub(super) fn request(self) -> SubmitRequest {
        let Self {
            seed,
            org,
            user,
            recording,
        } = self;
        SubmitRequest {
            text: format!("Recording {recording} of user {user} in organisation {org}, seed {seed}."),
            ..SubmitRequest::default()
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "recording {} of user {} in organisation {}",
            self.recording, self.user, self.org
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SMALL: Extent = Extent {
        seed: 7,
        orgs: 3,
        users: 2,
        recordings: 5,
    };

    #[test]
    fn every_job_has_a_key_and_a_text_of_its_own() {
        let places: Vec<_> = SMALL.places().collect();
        assert_eq!(places.len() as u64, SMALL.total());
        let keys: HashSet<_> = places.iter().map(|place| format!("{:?}", place.key())).collect();
        let texts: HashSet<_> = places.iter().map(|place| place.request().text).collect();
        assert_eq!((keys.len(), texts.len()), (15, 15));
        let other = Extent { seed: 8, ..SMALL };
        assert!(
            other
                .places()
                .all(|place| !keys.contains(&format!("{:?}", place.key())))
        );
    }

    #[test]
    fn recordings_go_round_among_users_and_are_the_same_each_time() {
        let users: Vec<_> = SMALL.places().take(5).map(|place| place.user).collect();
        assert_eq!(users, [0, 1, 0, 1, 0]);
        assert!(SMALL.places().eq(SMALL.places()));
        let wider = Extent { orgs: 4, ..SMALL };
        assert!(
            wider.places().take(15).eq(SMALL.places()),
            "scaling up keeps what is there"
        );
    }
}
