//! What can be read only as a whole, such as a head, and may come in pieces.

use super::{Malformed, head::MOST_BYTES};

/// What has come of it. Nothing is kept of what comes in one piece.
#[derive(Debug, Default)]
pub(super) struct Partial(Vec<u8>);

impl Partial {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes from `came` what belongs to it. `parse` says how long it is and what it says, or that it has not come whole;
    /// it never sees nothing.
    pub(super) fn take<T>(
        &mut self,
        came: &mut &[u8],
        parse: impl FnOnce(&[u8]) -> Result<Option<(usize, T)>, Malformed>,
    ) -> Result<Option<T>, Malformed> {
        let known = self.0.len();
        // One byte more than it may have shows that it is too long.
        let room = (MOST_BYTES + 1 - known).min(came.len());
        let parsed = if known == 0 {
            parse(&came[..room])?
        } else {
            self.0.extend_from_slice(&came[..room]);
            parse(&self.0)?
        };
        match parsed {
            Some((length, _)) if length > MOST_BYTES => Err(Malformed::TooLongHead),
            Some((length, said)) => {
                *came = &came[length - known..];
                self.0.clear();
                Ok(Some(said))
            }
            None if known + room > MOST_BYTES => Err(Malformed::TooLongHead),
            None => {
                if known == 0 {
                    self.0.extend_from_slice(&came[..room]);
                }
                *came = &came[room..];
                Ok(None)
            }
        }
    }
}
