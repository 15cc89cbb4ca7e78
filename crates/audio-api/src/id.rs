//! Identifiers as they stand in paths and bodies. Opaque to clients.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as it stands in paths and bodies.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id.into_boxed_str())
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Names one job, across all processes of a deployment.
    JobId
}

id! {
    /// Names one segment within its job.
    SegmentId
}

impl SegmentId {
    /// The id that the reference server gives to the segment at `index`.
    #[must_use]
    pub fn of_index(index: u32) -> Self {
        Self::from(format!("seg-{index:04}"))
    }

    /// The index that [`SegmentId::of_index`] made this id from; `None` for any other spelling.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        let digits = self.0.strip_prefix("seg-")?;
        let index: u32 = digits.parse().ok()?;
        (Self::of_index(index) == *self).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_id_gives_its_index_back_and_no_other_spelling_does() {
        assert_eq!(SegmentId::of_index(7).as_str(), "seg-0007");
        assert_eq!(SegmentId::of_index(7).index(), Some(7));
        assert_eq!(SegmentId::of_index(12_345).index(), Some(12_345));
        for other in ["seg-7", "seg-00007", "seg-+007", "7", "", "seg-", "seg-0007 "] {
            assert_eq!(SegmentId::from(other).index(), None, "{other:?}");
        }
    }
}
