//! Holds `docs/measured/metrics.md` to the code: every metric with its kind, labels and meaning.
//! `S3SQS_WRITE_TABLE=1` writes it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use s3_sqs_processor::{Pipeline, Route, from_fn};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Mutex, MutexGuard},
};

/// What a pipeline tells a recorder of its metrics.
#[derive(Default)]
struct Described(Mutex<BTreeMap<String, Metric>>);

#[derive(Default)]
struct Metric {
    kind: &'static str,
    unit: Option<Unit>,
    labels: BTreeSet<String>,
    text: String,
}

impl Described {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Metric>> {
        self.0.lock().unwrap()
    }

    fn describe(&self, name: KeyName, kind: &'static str, unit: Option<Unit>, text: SharedString) {
        let mut all = self.all();
        let metric = all.entry(name.as_str().to_owned()).or_default();
        (metric.kind, metric.unit, metric.text) = (kind, unit, text.into_owned());
    }

    fn register(&self, key: &Key) {
        let mut all = self.all();
        let labels = key.labels().map(|label| label.key().to_owned());
        all.entry(key.name().to_owned()).or_default().labels.extend(labels);
    }
}

impl Recorder for Described {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(name, "counter", unit, text);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(name, "gauge", unit, text);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        self.describe(name, "histogram", unit, text);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.register(key);
        Counter::noop()
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.register(key);
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.register(key);
        Histogram::noop()
    }
}

/// What the OpenTelemetry semantic conventions for messaging call the same.
const CONVENTIONS: [(&str, &str); 2] = [
    ("s3_sqs_messages_received_total", "messaging.client.consumed.messages"),
    ("s3_sqs_object_seconds", "messaging.process.duration"),
];

fn told() -> BTreeMap<String, Metric> {
    let described = Described::default();
    let _pipeline = with_local_recorder(&described, || {
        let done = from_fn(|_record, _cx| async { Ok(()) });
        let builder = Pipeline::builder().queue_url("https://sqs.eu-west-1.amazonaws.com/1/orders");
        builder.processor("audit", done).route(Route::new("all")).build().unwrap()
    });
    described.0.into_inner().unwrap()
}

#[test]
fn names_are_conventional_and_everything_is_described() {
    for (name, metric) in told() {
        let Metric { kind, unit, labels, text } = metric;
        assert!(!text.is_empty() && text.ends_with('.'), "{name} {text}");
        assert!(!text.contains(['[', ']', '`']), "{name} {text}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
        assert!(labels.contains("queue"), "{name}");
        let expected = match () {
            () if name.contains("_bytes") => Unit::Bytes,
            () if name.contains("_seconds") => Unit::Seconds,
            () => Unit::Count,
        };
        assert_eq!(unit, Some(expected), "{name}");
    }
}

#[test]
fn the_document_has_every_metric() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured/metrics.md"));
    let row = |(name, metric): (String, Metric)| {
        let Metric { kind, mut labels, text, .. } = metric;
        labels.remove("queue");
        let labels: Vec<_> = labels.into_iter().collect();
        let convention = CONVENTIONS.iter().find(|(ours, _)| *ours == name);
        let also = convention.map_or(String::new(), |(_, theirs)| format!(" `{theirs}`"));
        format!("| `{name}` | {kind} | {} | {text}{also} |\n", labels.join(", "))
    };
    let table: String = told().into_iter().map(row).collect();
    let text = format!(
        "# Metrics\n\nAll that a pipeline tells the recorder of the `metrics` facade. Each has the \
         label `queue` beside those\nnamed here. Where OpenTelemetry's conventions for messaging \
         have a name for it, that stands behind the meaning.\nWhich to watch, and what they mean, \
         is in [the runbook](../runbook.md#what-to-watch). A test writes this page.\n\n\
         | metric | kind | labels | meaning |\n|---|---|---|---|\n{table}"
    );
    if std::env::var_os("S3SQS_WRITE_TABLE").is_some() {
        fs::write(path, &text).unwrap();
    }
    let is_so = fs::read_to_string(path).is_ok_and(|written| written == text);
    assert!(is_so, "run this test with S3SQS_WRITE_TABLE=1 to write docs/measured/metrics.md");
}

/// The metrics that a file asks for.
fn asked_for(text: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_' || letter == '3';
    let names = text.split("s3_sqs_").skip(1).map(|rest| {
        let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        format!("s3_sqs_{}", &rest[..end])
    });
    // The crate's own name stands in log lines.
    names.filter(|name| name != "s3_sqs_processor").collect()
}

#[test]
fn what_the_dashboard_the_alerts_and_the_runbook_ask_for_is_told() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let folder = root.join("examples/deploy");
    let files =
        [folder.join("dashboard.json"), folder.join("alerts.yaml"), root.join("docs/runbook.md")];
    let told = told();
    for file in files {
        let asked_for = asked_for(&fs::read_to_string(&file).unwrap());
        let file = file.display();
        assert!(asked_for.len() > 10, "{asked_for:?}");
        for name in asked_for {
            // What Prometheus makes of a histogram.
            let of = name.strip_suffix("_bucket").filter(|of| told[*of].kind == "histogram");
            assert!(told.contains_key(of.unwrap_or(&name)), "{file} asks for {name}");
        }
    }
    let dashboard = fs::read_to_string(folder.join("dashboard.json")).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() >= 12);
}
