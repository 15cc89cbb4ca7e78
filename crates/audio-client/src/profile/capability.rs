//! What a target can do beyond taking a job and serving its segments.

use std::fmt;

use serde::Deserialize;

use super::Route;

macro_rules! capabilities {
    ($($(#[$doc:meta])* $variant:ident = $name:literal [$($route:ident),*],)+) => {
        /// One thing that a target may be able to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        pub enum Capability {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Capability {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name in profiles and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The routes that it needs.
            #[must_use]
            pub const fn routes(self) -> &'static [Route] {
                match self { $(Self::$variant => &[$(Route::$route),*],)+ }
            }
        }
    };
}

capabilities! {
    /// A repeated text is answered from a cache.
    Cache = "cache" [],
    /// Jobs can be canceled.
    Cancel = "cancel" [Cancel],
    /// Jobs can be deleted.
    Delete = "delete" [Delete],
    /// The same text, voice and model give the same samples on every machine.
    DeterministicVoice = "deterministic_voice" [],
    /// Fault rules can be set, by somebody who has the admin token.
    Faults = "faults" [Faults, Fault],
    /// Metrics as flat JSON.
    FlatMetrics = "flat_metrics" [FlatMetrics],
    /// A submit can be repeated under one key.
    Idempotency = "idempotency" [],
    /// Refuses bad input and what is beyond its limits, with problem details.
    Limits = "limits" [],
    /// Jobs can be listed.
    List = "list" [List],
    /// Merged audio.
    Merged = "merged" [Merged],
    /// Metrics as Prometheus text.
    Metrics = "metrics" [Metrics],
    /// A document of all of its routes.
    Openapi = "openapi" [Openapi],
    /// A playlist.
    Playlist = "playlist" [Playlist],
    /// Byte ranges.
    Ranges = "ranges" [],
    /// The reader's submit route.
    Reader = "reader" [SubmitReader],
    /// A job's text can be synthesised anew.
    Regenerate = "regenerate" [Regenerate],
    /// The status snapshot.
    Status = "status" [Status],
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
