//! A job's life: states, playlist, audio, cache, cancel, and how long what is kept.

mod cache;
mod cancel;
mod keeping;
mod large;
mod listing;
mod merged;
mod one_connection;
mod playlist;
mod segment;
mod states;
mod two_ways;
