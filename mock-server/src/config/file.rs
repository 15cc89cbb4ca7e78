//! Settings and fault rules read from TOML files.

use std::{fs, path::Path};

use audio_api::fault::FaultRule;
use serde::{Deserialize, de::DeserializeOwned};

use super::{ConfigError, Layer};

impl Layer {
    /// What a TOML file says, its values checked.
    ///
    /// # Errors
    /// When it cannot be read, or has a name or value that is not a setting's.
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let layer: Self = read(path)?;
        layer.check().map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            detail: error.to_string(),
        })?;
        Ok(layer)
    }

    /// The rules of a fault file: `[[fault]]` tables.
    ///
    /// # Errors
    /// As [`Layer::from_file`], or when it holds anything else.
    pub fn faults_from_file(path: &Path) -> Result<Vec<FaultRule>, ConfigError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Faults {
            fault: Vec<FaultRule>,
        }
        Ok(read::<Faults>(path)?.fault)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| ConfigError::Parse {
        path: path.to_owned(),
        detail: detail(&error, &text),
    })
}

/// The error with the place and the name, but without the line that it quotes, which may hold a token.
fn detail(error: &toml::de::Error, text: &str) -> String {
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else {
        return error.message().to_owned();
    };
    let number = before.matches('\n').count() + 1;
    let line = text.lines().nth(number - 1).unwrap_or_default();
    let is_name = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match line.split_once('=').map(|(name, _)| name.trim()).filter(is_name) {
        Some(name) => format!("line {number}, {name}: {}", error.message()),
        None => format!("line {number}: {}", error.message()),
    }
}
