use super::*;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tracing::{
    Event, Id, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
    subscriber::{DefaultGuard, Interest},
};

/// Writes down spans and events, as far as this library emits them.
#[derive(Clone, Default)]
struct Recorder(Arc<Inner>);

#[derive(Default)]
struct Inner {
    ids: AtomicU64,
    spans: Mutex<BTreeMap<u64, Span>>,
    stack: Mutex<Vec<u64>>,
    events: Mutex<Vec<(String, Option<u64>)>>,
}

#[derive(Debug, Clone)]
struct Span {
    name: &'static str,
    fields: Vec<&'static str>,
    values: BTreeMap<String, String>,
    parent: Option<u64>,
    handles: usize,
    closed: bool,
}

impl Recorder {
    /// For this thread.
    fn install(&self) -> DefaultGuard {
        crate::pipeline::tests::logs::never_alone();
        tracing::subscriber::set_default(self.clone())
    }

    fn named(&self, name: &str) -> Vec<(u64, Span)> {
        let spans = self.0.spans.lock().unwrap();
        spans
            .iter()
            .filter(|(_, span)| span.name == name)
            .map(|(id, span)| (*id, span.clone()))
            .collect()
    }

    fn current(&self) -> Option<u64> {
        self.0.stack.lock().unwrap().last().copied()
    }
}

#[derive(Default)]
struct Values(BTreeMap<String, String>);

impl Visit for Values {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().into(), format!("{value:?}"));
    }
}

impl Subscriber for Recorder {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("s3_sqs_processor")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let id = self.0.ids.fetch_add(1, Ordering::Relaxed) + 1;
        let parent = if attributes.is_contextual() {
            self.current()
        } else {
            attributes.parent().map(Id::into_u64)
        };
        let mut values = Values::default();
        attributes.record(&mut values);
        let (name, fields) = (attributes.metadata().name(), attributes.metadata().fields());
        // Those of the feature `opentelemetry` are for its layer.
        let names = fields.iter().map(|field| field.name());
        let fields = names.filter(|name| !name.starts_with("otel.")).collect();
        let span = Span { name, fields, values: values.0, parent, handles: 1, closed: false };
        self.0.spans.lock().unwrap().insert(id, span);
        Id::from_u64(id)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut values = Values::default();
        event.record(&mut values);
        let parent =
            if event.is_contextual() { self.current() } else { event.parent().map(Id::into_u64) };
        let message = values.0.remove("message").unwrap_or_default();
        self.0.events.lock().unwrap().push((message, parent));
    }

    fn enter(&self, id: &Id) {
        self.0.stack.lock().unwrap().push(id.into_u64());
    }

    fn exit(&self, id: &Id) {
        let mut stack = self.0.stack.lock().unwrap();
        if let Some(at) = stack.iter().rposition(|entered| *entered == id.into_u64()) {
            stack.remove(at);
        }
    }

    fn clone_span(&self, id: &Id) -> Id {
        if let Some(span) = self.0.spans.lock().unwrap().get_mut(&id.into_u64()) {
            span.handles += 1;
        }
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let mut spans = self.0.spans.lock().unwrap();
        let Some(span) = spans.get_mut(&id.into_u64()) else { return false };
        span.handles -= 1;
        span.closed = span.handles == 0;
        span.closed
    }
}

#[tokio::test(start_paused = true)]
async fn spans_reach_from_receive_to_delete_with_stable_names() {
    let recorder = Recorder::default();
    let _guard = recorder.install();
    let world = World::new();
    let message = world.file("a", undelimited(3));
    world.run(world.with_probe(|_| Act::Take(SECOND))).await;
    let [(message_span, of_message)] =
        <[_; 1]>::try_from(recorder.named("message")).expect("one message");
    assert_eq!(of_message.fields, ["message_id", "receive_count"]);
    assert_eq!(of_message.values["message_id"].trim_matches('"'), message);
    let [(object_span, of_object)] =
        <[_; 1]>::try_from(recorder.named("object")).expect("one object");
    assert_eq!(
        (of_object.fields, of_object.parent),
        (vec!["bucket", "key", "version_id", "route"], Some(message_span))
    );
    let [(_, of_work)] =
        <[_; 1]>::try_from(recorder.named("process")).expect("one batch of one processor");
    assert_eq!((of_work.fields, of_work.parent), (vec!["processor", "records"], Some(object_span)));
    assert!(of_message.closed && of_object.closed && of_work.closed);
    let events = recorder.0.events.lock().unwrap().clone();
    let deleted =
        events.iter().find(|(text, _)| text == "message deleted").expect("it was deleted");
    assert_eq!(deleted.1, Some(message_span), "the message's span is there until its end");
}

#[tokio::test(start_paused = true)]
async fn trap_55_no_event_or_span_carries_a_payload() {
    let recorder = Recorder::default();
    let _guard = recorder.install();
    let world = World::new();
    world.file("a", "\"geheim\"");
    let act = |seen: &Seen| if seen.receive_count == 1 { Act::Fail } else { Act::Done };
    world.run(world.with_probe(act)).await;
    let shown =
        format!("{:?} {:?}", recorder.0.spans.lock().unwrap(), recorder.0.events.lock().unwrap());
    assert!(shown.contains("record failed") && !shown.contains("geheim"), "{shown}");
}
