//! Samples, rules, baselines and verdicts of the performance guard. Pure: no clock, no network.
