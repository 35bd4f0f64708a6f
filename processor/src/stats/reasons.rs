use super::counter::Counter;
use metrics::Label;

/// A counter for each of the reasons that there are, as the label `reason`. All are there from the
/// start: an alert that looks for an increase would miss one that begins with 1.
#[derive(Debug)]
pub(crate) struct Reasoned {
    reasons: &'static [&'static str],
    counters: Vec<Counter>,
}

impl Reasoned {
    pub(super) fn new(
        name: &'static str,
        text: &str,
        labels: &[Label],
        reasons: &'static [&'static str],
    ) -> Self {
        let counter = |reason: &&'static str| {
            let labels: Vec<_> =
                labels.iter().cloned().chain([Label::new("reason", *reason)]).collect();
            Counter::new(name, text, &labels)
        };
        Self { reasons, counters: reasons.iter().map(counter).collect() }
    }

    pub(crate) fn add(&self, reason: &str) {
        let known = self.reasons.iter().position(|known| *known == reason);
        debug_assert!(known.is_some(), "{reason} is not among the reasons");
        self.counters[known.unwrap_or_default()].add(1);
    }

    pub(super) fn export(&self) {
        self.counters.iter().for_each(Counter::export);
    }

    pub(super) fn get(&self) -> u64 {
        self.counters.iter().map(Counter::get).sum()
    }
}

/// Why messages are not understood, by the names that the log has.
pub(super) const NOT_UNDERSTOOD: [&str; 15] = [
    "Malformed",
    "NotJson",
    "UnknownShape",
    "UnsupportedVersion",
    "ForeignSource",
    "UnknownEvent",
    "OwnFormat",
    "ForeignBucket",
    "Unmatched",
    "Replay",
    "BadBucket",
    "BadKey",
    "TooMany",
    "NestedEnvelope",
    "Confirmation",
];

/// Why objects cannot be read to their end, by the names that the log has: what the store says,
/// what the decoder says, and what the reader itself finds.
pub(super) const UNREADABLE: [&str; 32] = [
    "Fatal",
    "Transient",
    "Throttled",
    "Gone",
    "Denied",
    "Credentials",
    "Changed",
    "Gzip",
    "TruncatedGzip",
    "TrailingGarbage",
    "PartialRecord",
    "StrayByte",
    "MismatchedBracket",
    "NoElements",
    "Csv",
    "TooDeep",
    "NotText",
    "RecordTooLarge",
    "ObjectTooLarge",
    "Ratio",
    "Unsupported",
    "TooManyLayers",
    "Memory",
    "Stuck",
    "Stored",
    "Decoded",
    "NotTheSame",
    "NoSuchRecord",
    "NotPutAside",
    "DecoderLost",
    "TooLargeToSpool",
    "Down",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The variants of an enum, as its source names them.
    fn variants<'a>(source: &'a str, name: &str) -> Vec<&'a str> {
        let body = source.split_once(&format!("enum {name} {{")).expect(name).1;
        let body = body.split_once("\n}").expect(name).0;
        let lines = body.lines().map(str::trim);
        let names = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
        names.map(|line| line.split([',', '(', ' ']).next().expect("a name")).collect()
    }

    #[test]
    fn every_reason_has_its_counter() {
        let messages = variants(include_str!("../notification/error.rs"), "NotificationErrorKind");
        assert!(messages.len() > 10);
        assert!(messages.iter().all(|kind| NOT_UNDERSTOOD.contains(kind)), "{messages:?}");
        let objects = [
            variants(include_str!("../port.rs"), "PortErrorKind"),
            variants(include_str!("../../decode/src/error/kind.rs"), "DecodeErrorKind"),
            variants(include_str!("../object/reader/cut.rs"), "Cut"),
        ]
        .concat();
        // These say their own kind, or are no end by themselves.
        let own = ["Store", "Decode", "Stopped"];
        let missing: Vec<_> = objects
            .iter()
            .filter(|kind| !own.contains(kind) && !UNREADABLE.contains(kind))
            .collect();
        assert!(objects.len() > 25 && missing.is_empty(), "{missing:?}");
    }
    #[test]
    fn every_reason_is_in_the_runbook() {
        let runbook = include_str!("../../../docs/runbook.md");
        for (heading, reasons) in [
            ("### Why an object could not be read\n", &UNREADABLE[..]),
            ("### Why a message is not understood\n", &NOT_UNDERSTOOD[..]),
        ] {
            let section = runbook.split_once(heading).expect(heading).1;
            let section = section.split_once("\n#").expect("a heading").0;
            for reason in reasons {
                assert!(section.contains(&format!("`{reason}`")), "{heading}has no `{reason}`");
            }
        }
    }
}
