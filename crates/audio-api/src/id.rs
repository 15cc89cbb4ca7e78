//! Identifiers as they stand in paths and bodies. Opaque to clients.

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        pub struct $name(Box<str>);

        impl $name {
            /// The identifier as it stands in paths and bodies.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// So that a map by id can be asked with a borrowed one.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
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
        Self::index_of(&self.0)
    }

    /// As [`SegmentId::index`], of an id that is not one's own.
    #[must_use]
    pub fn index_of(id: &str) -> Option<u32> {
        let digits = id.strip_prefix("seg-")?;
        let spelled_so =
            digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 4 || !digits.starts_with('0'));
        if digits.len() < 4 || !spelled_so {
            return None;
        }
        digits.parse().ok()
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
        assert_eq!(SegmentId::of_index(u32::MAX).index(), Some(u32::MAX));
        for other in [
            "seg-7",
            "seg-00007",
            "seg-+007",
            "seg-+1234",
            "seg-4294967296",
            "7",
            "",
            "seg-",
            "seg-0007 ",
        ] {
            assert_eq!(SegmentId::from(other).index(), None, "{other:?}");
        }
    }
}
