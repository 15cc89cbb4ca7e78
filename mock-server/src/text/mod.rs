//! Text into segments: Unicode sentences, packed to a bounded length.
