use crate::{cli::Show, text::clean};
use serde::Serialize;

/// What was found, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    level: Level,
    what: String,
    /// What follows from it.
    #[serde(skip_serializing_if = "String::is_empty")]
    so: String,
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Ok,
    Note,
    /// It works, but not in every case.
    Risk,
    /// It does not work.
    Wrong,
}

impl Finding {
    fn new(level: Level, what: impl Into<String>) -> Self {
        Self { level, what: what.into(), so: String::new(), remedy: String::new() }
    }

    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self::new(Level::Ok, what)
    }

    pub(super) fn note(what: impl Into<String>) -> Self {
        Self::new(Level::Note, what)
    }

    pub(super) fn risk(what: impl Into<String>) -> Self {
        Self::new(Level::Risk, what)
    }

    pub(super) fn wrong(what: impl Into<String>) -> Self {
        Self::new(Level::Wrong, what)
    }

    /// What follows, and what to do.
    #[must_use]
    pub(super) fn so(self, so: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { so: so.into(), remedy: remedy.into(), ..self }
    }
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.findings.extend(findings);
    }

    pub(super) fn is_wrong(&self) -> bool {
        self.count(Level::Wrong) > 0
    }

    fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// As text for people, or as lines of JSON.
    pub(super) fn show(&self, how: Show) -> Vec<String> {
        let line = |finding: &Finding| match how {
            Show::Json => serde_json::to_string(finding).unwrap_or_default(),
            Show::Text => {
                let level = match finding.level {
                    Level::Ok => "ok",
                    Level::Note => "note",
                    Level::Risk => "RISK",
                    Level::Wrong => "WRONG",
                };
                let mut text = format!("{level:<6} {}", clean(&finding.what));
                for (name, more) in [("so", &finding.so), ("do", &finding.remedy)] {
                    if !more.is_empty() {
                        text += &format!("\n       {name}: {}", clean(more));
                    }
                }
                text
            }
        };
        self.findings.iter().map(line).collect()
    }

    pub(super) fn sum(&self) -> String {
        format!(
            "{} wrong, {} at risk, {} notes, {} in order",
            self.count(Level::Wrong),
            self.count(Level::Risk),
            self.count(Level::Note),
            self.count(Level::Ok)
        )
    }
}
