use serde_json::Value;
use std::collections::BTreeMap;

/// What was done to the consumers, and how they ended.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) started: u64,
    pub(crate) kills: u64,
    pub(crate) stops: u64,
    pub(crate) terms: u64,
    pub(crate) second_terms: u64,
    pub(crate) refused_outages: u64,
    pub(crate) silent_outages: u64,
    /// Planned for a consumer that was not running, or not in that state.
    pub(crate) missed: u64,
    /// Ended well by themselves, or because they were asked to.
    pub(crate) ended_well: u64,
    /// Ended with an error before they had received anything, by what they said.
    pub(crate) failed_starts: BTreeMap<String, u64>,
    /// From the summaries of those that ended in order.
    pub(crate) deleted: u64,
    pub(crate) released: u64,
    pub(crate) failed: u64,
    /// What must not happen.
    pub(crate) problems: Vec<String>,
}

impl Tally {
    pub(crate) fn add_summary(&mut self, summary: &Value) {
        let number =
            |name: &str| summary[name].as_u64().unwrap_or_else(|| panic!("no {name}: {summary}"));
        self.deleted += number("deleted");
        self.released += number("released");
        self.failed += number("failed");
    }

    pub(crate) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }
}
