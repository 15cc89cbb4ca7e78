//! The synthesis models that the server offers.

use std::fmt;
use std::str::FromStr;

/// A synthesis model, as named in a request's `model` or `model_id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    /// Three formants and a plain glottal source: the cheap one.
    #[default]
    Default,
    /// Five formants, a softer source with breath and vibrato: slower, and audibly different.
    Quality,
}

impl Model {
    /// Every model, in the order in which documentation names them.
    pub const ALL: [Self; 2] = [Self::Default, Self::Quality];

    /// The name of the model on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Quality => "quality",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// No model has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown model {name:?}: one of default, quality")]
pub struct UnknownModel {
    /// The name that was asked for.
    pub name: String,
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|model| model.as_str() == name)
            .ok_or_else(|| UnknownModel {
                name: name.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_found_by_its_own_name() {
        for model in Model::ALL {
            assert_eq!(model.as_str().parse(), Ok(model));
        }
    }

    #[test]
    fn an_unknown_model_is_refused_and_the_error_names_the_legal_ones() {
        let error = "Quality".parse::<Model>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"unknown model "Quality": one of default, quality"#
        );
    }
}
