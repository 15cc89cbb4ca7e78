//! PCM into FLAC in Ogg, and segments into one merged file.
