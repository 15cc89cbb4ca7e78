//! Why a profile was refused.

use std::{io, path::PathBuf};

use super::{Capability, Route};

/// Why a profile was refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file cannot be read.
    #[error("read target profile {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no profile.
    #[error("target profile {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        #[source]
        source: Box<Self>,
    },
    /// Not TOML, or not of this shape.
    #[error("no target profile")]
    Toml(#[source] toml::de::Error),
    /// A route without which nothing works, or without which a capability is an empty claim.
    #[error("{}paths.{route} is missing", needed_by.map(|c| format!("capability {c} needs paths.{route}; ")).unwrap_or_default())]
    NoRoute {
        /// The route.
        route: Route,
        /// What needs it; `None` when every target needs it.
        needed_by: Option<Capability>,
    },
    /// A path that does not fit its route.
    #[error("paths.{route} is {given:?}; legal: a path from / with exactly the placeholders {legal}")]
    Path {
        /// The route.
        route: Route,
        /// What stood there.
        given: String,
        /// The placeholders of the route.
        legal: String,
    },
    /// A list without an entry.
    #[error("{0} is empty; legal: one name or more, the default first")]
    Empty(&'static str),
    /// A number that cannot be one.
    #[error("{field} is {given}; legal: 1 or more")]
    Zero {
        /// The member.
        field: &'static str,
        /// What stood there.
        given: u32,
    },
}
