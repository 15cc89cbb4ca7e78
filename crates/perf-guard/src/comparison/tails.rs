//! The null distributions of both rank tests, each computed once.

use super::{rank_sum::RankSumTails, signed_rank::SignedRankTails};

/// They depend on the sample sizes only, unless there are ties.
#[derive(Debug, Clone, Default)]
pub(super) struct Tails {
    /// Of the arms.
    pub(super) sums: RankSumTails,
    /// Of the pairs.
    pub(super) signs: SignedRankTails,
}
