//! What `soak slo` says, in a file and in words.

use std::fmt;

use run_report::RunExit;
use serde::Serialize;

/// What counts against the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BudgetBasis {
    /// The bad seconds of the result.
    Measured,
    /// The bad seconds of a month that goes on like the result.
    Projected,
}

/// One objective.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Objective {
    /// What it is about.
    pub(super) name: &'static str,
    /// What was measured; null when the result does not say.
    pub(super) value: Option<f64>,
    /// What is promised.
    pub(super) objective: f64,
    /// `ms`, `s` or `share`.
    pub(super) unit: &'static str,
    /// Whether it holds; what was not measured does not.
    pub(super) holds: bool,
    /// What the value is, where its name does not say it.
    pub(super) of: String,
}

/// The error budget of a month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Budget {
    pub(super) budget_s: f64,
    /// Seconds of the result in which the service was bad; null when the result does not say.
    pub(super) bad_s: Option<f64>,
    /// How long the result lasted.
    pub(super) lasted_s: Option<f64>,
    /// How much faster the budget is used than it may be: 1 uses it up within the month.
    pub(super) burn_rate: Option<f64>,
    pub(super) basis: BudgetBasis,
    /// What was used before, in seconds.
    pub(super) spent_s: f64,
    /// That and what counts of the result; null when the result does not say.
    pub(super) used_s: Option<f64>,
    /// Whether none of it is left; what is not known counts as used up.
    pub(super) exhausted: bool,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SloReport {
    pub(super) schema_version: u32,
    /// The file.
    pub(super) result: String,
    pub(super) kind: &'static str,
    pub(super) objectives: Vec<Objective>,
    pub(super) budget: Budget,
    /// Whether changes that can wait should: no budget is left.
    pub(super) freeze: bool,
    pub(super) pass: bool,
    pub(super) exit_code: RunExit,
    pub(super) reasons: Vec<String>,
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Shares as percentages, of which as many digits matter as a promise has.
        let (unit, times) = match self.unit {
            "share" => ("%", 100.0),
            unit => (unit, 1.0),
        };
        let side = if self.unit == "share" && self.name.starts_with("successful") {
            "at least"
        } else {
            "at most"
        };
        match self.value {
            None => write!(f, "{}: missing, the result has no such figure", self.name)?,
            Some(value) => write!(f, "{}: {:.4} {unit}", self.name, value * times)?,
        }
        // As it was written: 0.995 times 100 has more digits than that.
        let objective = (self.objective * times * 1e9).round() / 1e9;
        write!(f, ", {side} {objective} {unit}")?;
        if self.of.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.of)
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(bad), Some(used), Some(rate)) = (self.bad_s, self.used_s, self.burn_rate) else {
            return write!(
                f,
                "error budget: missing, the result does not say how it went over time"
            );
        };
        let basis = match self.basis {
            BudgetBasis::Measured => "as measured",
            BudgetBasis::Projected => "in a month like this",
        };
        write!(
            f,
            "error budget: {used:.0} of {:.0} s used {basis} ({:.1} %), burn rate {rate:.2}; {bad:.1} bad seconds of {:.1}{}",
            self.budget_s,
            used / self.budget_s * 100.0,
            self.lasted_s.unwrap_or_default(),
            if self.exhausted { ": EXHAUSTED, freeze" } else { "" }
        )
    }
}

impl fmt::Display for SloReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {}", self.result, self.kind)?;
        for row in &self.objectives {
            writeln!(f, "{} {row}", if row.holds { "holds " } else { "MISSED" })?;
        }
        writeln!(f, "{}", self.budget)?;
        writeln!(
            f,
            "slo: {} (exit {}), freeze: {}",
            self.exit_code,
            self.exit_code.code(),
            self.freeze
        )?;
        for reason in &self.reasons {
            writeln!(f, "  {reason}")?;
        }
        Ok(())
    }
}
