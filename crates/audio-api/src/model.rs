//! The models that a job can ask for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A synthesis model of the reference server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelId {
    /// The quick one.
    #[default]
    Default,
    /// The slower, better one.
    Quality,
}

impl ModelId {
    /// Every legal model.
    pub const ALL: [Self; 2] = [Self::Default, Self::Quality];

    /// The wire name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Quality => "quality",
        }
    }

    /// The model that is tried once when this one has failed to its cap: the other one.
    #[must_use]
    pub const fn fallback(self) -> Self {
        match self {
            Self::Default => Self::Quality,
            Self::Quality => Self::Default,
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A model name that is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown model {0:?}; legal models: default, quality")]
pub struct UnknownModel(pub String);

impl FromStr for ModelId {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        Self::ALL
            .into_iter()
            .find(|model| model.as_str() == name)
            .ok_or_else(|| UnknownModel(name.to_owned()))
    }
}
