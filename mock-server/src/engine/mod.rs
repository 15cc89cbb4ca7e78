//! The engine seam: everything that state lives in.
