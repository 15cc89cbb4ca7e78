//! Wire types of the audio-job API. No I/O.
