//! Wire types of the audio-job API: what is sent and received, under the names of the contract. No I/O.
//!
//! Names, states and status codes here are fixed, because clients of the API are in use; additions are additive.
//! What a server does with these types is the server's; what a client makes of another server's names is the
//! client's.

pub mod fault;
mod id;
mod job_list;
mod manifest;
mod model;
mod playlist;
mod problem;
mod reading_profile;
mod state;
mod status;
mod submit;

pub use id::{JobId, SegmentId};
pub use job_list::{JobList, JobSummary};
pub use manifest::{JobAnswer, Manifest, SegmentManifest};
pub use model::{ModelId, UnknownModel};
pub use playlist::{Playlist, PlaylistEntry, RETRY_AFTER_MS};
pub use problem::{PROBLEM_CONTENT_TYPE, Problem};
pub use reading_profile::ReadingProfile;
pub use state::{ErrorCode, JobStatus, SegmentStatus, UnknownState};
pub use status::{JobCounts, MergeLockContention, RetryCounts, StatusSnapshot};
pub use submit::{CancelAnswer, Mode, SubmitAnswer, SubmitRequest, UnknownMode};

/// The MIME type of segments and merged audio.
pub const AUDIO_CONTENT_TYPE: &str = "audio/ogg";
/// The most characters (Unicode scalars) one job's text may have.
pub const MAX_TEXT_CHARS: usize = 20_000;
/// The most segments one job may have.
pub const MAX_SEGMENTS: usize = 120;
