use crate::cli::Show;
use s3_sqs_processor::Stats;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a run came to: the last lines on stderr.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    /// Messages deleted.
    deleted: u64,
    /// Messages handed back, because something in them failed or the run stopped; one that came
    /// back counts again.
    released: u64,
    /// Verdicts "failed" over all processors; a record that failed twice counts twice.
    failed: u64,
    /// Messages that the dead-letter queue has more of than at the start; `null` where that cannot
    /// be known.
    dead_lettered: Option<u64>,
    /// Messages that are no notifications.
    unreadable_messages: u64,
    /// Objects that could not be read to their end.
    unreadable_objects: u64,
    /// Objects that routes leave alone.
    skipped: u64,
    /// Records done, by processor.
    records: BTreeMap<String, u64>,
    /// Verdicts of earlier deliveries that were not asked for again, over all processors.
    done_before: u64,
    /// Failures that were put aside, over all processors.
    quarantined: u64,
    /// Objects that are done and were deleted or tagged.
    cleaned_up: u64,
    /// Objects that are done and could not be.
    kept: u64,
    #[serde(skip)]
    received: u64,
}

impl Summary {
    pub(super) fn new(stats: &Stats, dead_lettered: Option<u64>) -> Self {
        Self {
            deleted: stats.messages.deleted,
            released: stats.messages.released,
            failed: stats.processors.values().map(|processor| processor.failed).sum(),
            dead_lettered,
            unreadable_messages: stats.messages.unreadable,
            unreadable_objects: stats.objects.unreadable,
            skipped: stats.objects.skipped,
            records: stats
                .processors
                .iter()
                .map(|(name, processor)| (name.clone(), processor.done))
                .collect(),
            done_before: stats.processors.values().map(|processor| processor.done_before).sum(),
            quarantined: stats.processors.values().map(|processor| processor.quarantined).sum(),
            cleaned_up: stats.finish.deleted + stats.finish.tagged,
            kept: stats.finish.kept,
            received: stats.messages.received,
        }
    }

    /// As text for people, or as one line of JSON.
    pub(super) fn show(&self, how: Show) -> String {
        match how {
            Show::Json => serde_json::to_string(self).unwrap_or_default(),
            Show::Text => {
                let records: Vec<_> = self
                    .records
                    .iter()
                    .map(|(name, count)| format!("{count} records done by {name}"))
                    .collect();
                let dead = self
                    .dead_lettered
                    .map_or_else(|| "unknown".to_owned(), |count| count.to_string());
                let before = match self.done_before {
                    0 => String::new(),
                    count => format!(" ({count} were done before)"),
                };
                let aside = match self.quarantined {
                    0 => String::new(),
                    count => format!(" ({count} put aside)"),
                };
                let ends = match (self.cleaned_up, self.kept) {
                    (0, 0) => String::new(),
                    (cleaned, kept) => {
                        format!("; cleaned up: {cleaned} objects, and {kept} could not be")
                    }
                };
                format!(
                    "{} messages deleted, {} handed back; {}{before}; {} failed{aside}\n\
                     dead-lettered: {dead}; unreadable: {} messages, {} objects; skipped: {} \
                     objects{ends}",
                    self.deleted,
                    self.released,
                    records.join(", "),
                    self.failed,
                    self.unreadable_messages,
                    self.unreadable_objects,
                    self.skipped
                )
            }
        }
    }

    /// Whether something is left that needs a person.
    pub(super) fn left_something(&self) -> bool {
        let unreadable = self.unreadable_messages + self.unreadable_objects;
        self.dead_lettered.unwrap_or_default() + unreadable + self.quarantined > 0
    }

    /// Whether it says more than that nothing was done.
    pub(super) fn has_news(&self) -> bool {
        self.received > 0
    }
}
