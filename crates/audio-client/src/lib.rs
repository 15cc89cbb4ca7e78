//! Typed client of the audio-job API; every call is timed.
