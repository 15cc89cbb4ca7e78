//! The process: its settings, its tokens, its end, its data, and its own health check.

mod command;
mod data_dir;
mod healthcheck;
mod settings;
mod shutdown;
mod tokens;
