//! The profiles of this program.

macro_rules! profiles {
    ($($name:literal,)+) => {
        /// Their names.
        pub(in crate::load) const NAMES: &[&str] = &[$($name),+];

        /// The text of one.
        pub(super) fn text(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../../scenarios/", $name, ".toml"))),)+
                _ => None,
            }
        }
    };
}

profiles! {
    "baseline",
    "light",
    "medium",
    "spike",
    "sustained",
    "assistant",
    "pipeline",
    "rate-limit",
    "flaky-provider",
}
