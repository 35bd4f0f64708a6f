//! The one place where logs are written and outcomes are counted, so that field names are the same
//! everywhere.
//!
//! Neither ever carries a record's payload or a credential.

use super::{failure::Failure, trace};
pub(crate) use super::{reporter::last_of, trace::ended as span_ended};
use crate::{
    breaker::{Event as OutageEvent, Outage, OutageOf},
    notification::{NotificationError, NotifiedObject, Skipped},
    port::{PortError, QueueAttributes},
    record::{Message, ObjectRef, Record},
    route::Treatment,
    stats::{Counters, LineLimit, Pass, RouteCounters},
    tracking::{MessageKey, ObjectEnd, Outcome, Policy, Request},
};
use std::{fmt, time::Duration};
use tracing::{Span, debug, debug_span, error, info, info_span, warn};

/// Writes a line at its level. If there were too many of its kind within the last minute, it goes
/// to the debug level, and the next one that is written says how many were `withheld`.
macro_rules! limited {
    ($limit:expr, $level:ident, $($line:tt)*) => {{
        let limit: &LineLimit = &$limit;
        match limit.pass() {
            Pass::Yes { withheld: 0 } => $level!($($line)*),
            Pass::Yes { withheld } => $level!(withheld, $($line)*),
            Pass::Last => {
                $level!($($line)*);
                $level!("too many lines like the last one: for up to a minute they are written at \
                         the debug level only");
            }
            Pass::No => debug!($($line)*),
        }
    }};
}

pub(crate) mod finish;
pub(crate) mod progress;
pub(crate) mod quarantine;
pub(crate) mod spool;

/// A duration as logs have it, in whole milliseconds.
fn ms(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// Several things in one field.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, thing) in self.0.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            write!(f, "{comma}{thing}")?;
        }
        Ok(())
    }
}

/// Counts for the object's route, if it has one.
fn of_route(counters: &Counters, treatment: &Treatment, count: impl FnOnce(&RouteCounters)) {
    if let Some((_, counters)) = treatment.route_index().and_then(|at| counters.routes.get(at)) {
        count(counters);
    }
}

pub(crate) fn started(queue_url: &str, policy: &Policy, attributes: Option<&QueueAttributes>) {
    info!(
        queue_url,
        visibility_timeout_ms = ms(policy.visibility_timeout),
        slots = policy.slots,
        max_receives = attributes.and_then(|attributes| attributes.max_receives),
        "pipeline started"
    );
    match attributes {
        Some(QueueAttributes { max_receives: None, .. }) => warn!(
            queue_url,
            "the queue has no redrive policy: a message that always fails will circle until its \
             retention ends; give the queue a dead-letter queue"
        ),
        Some(_) => {}
        None => warn!(
            queue_url,
            "not allowed to read the queue's attributes (sqs:GetQueueAttributes): whether it has \
             a redrive policy is unknown"
        ),
    }
}

pub(crate) fn start_delayed(queue_url: &str, error: &PortError, again_in: Duration) {
    let again_in_ms = ms(again_in);
    warn!(queue_url, %error, again_in_ms, "the queue cannot be reached yet; trying again");
}

pub(crate) fn received(counters: &Counters, messages: usize) {
    counters.queue.receives.add(1);
    counters.messages.received.add(messages as u64);
    if messages == 0 {
        counters.queue.empty_receives.add(1);
    }
}

/// `is_news`: it is no part of an outage, which is told once.
pub(crate) fn receive_failed(
    counters: &Counters,
    queue_url: &str,
    error: &PortError,
    again_in: Duration,
    is_news: bool,
) {
    counters.queue.failed_requests.add(1);
    let again_in_ms = ms(again_in);
    if is_news {
        warn!(
            queue_url, %error, again_in_ms,
            "receiving failed; what is held goes on, receiving is tried again"
        );
    } else {
        debug!(queue_url, %error, again_in_ms, "receiving failed again");
    }
}

/// An outage began or ended. It is counted always, and told unless others were just now.
pub(crate) fn outage(counters: &Counters, event: &OutageEvent) {
    match event {
        OutageEvent::Declared { outage, is_announced } => {
            counters.outages.declared.add(1);
            let Outage { of, class, example, error, .. } = outage;
            let remedy = outage.remedy();
            match (of, is_announced) {
                (_, false) => {
                    debug!(%of, %class, %example, %error, "outage, soon after another one");
                }
                (OutageOf::Queue, true) => warn!(
                    %of, %class, %example, %error, remedy,
                    "outage: what is held goes on; receiving is tried until it succeeds"
                ),
                (OutageOf::Bucket(_) | OutageOf::Processor(_) | OutageOf::Spool(_), true) => warn!(
                    %of, %class, %example, %error, remedy,
                    "outage: what needs it waits, keeps its lease and goes on by itself; of other \
                     messages one comes now and then, to see whether they fare better"
                ),
            }
        }
        OutageEvent::Over { outage, is_announced } => {
            counters.outages.over.add(1);
            counters.outages.trials.add(outage.trials);
            let Outage { of, class, age, trials, held, .. } = outage;
            let lasted_ms = ms(*age);
            match is_announced {
                true => info!(%of, %class, lasted_ms, trials, held, "the outage is over"),
                false => debug!(%of, %class, lasted_ms, trials, held, "the outage is over"),
            }
        }
    }
}

pub(crate) fn object_held(message_id: &str, object: &dyn fmt::Display, of: &[OutageOf]) {
    let of = List(of);
    debug!(
        message_id, %object, %of,
        "what the object needs is down; it is held, and begun anew later"
    );
}

pub(crate) fn object_waits(message_id: &str, object: &dyn fmt::Display, error: &PortError) {
    debug!(
        message_id, %object, %error,
        "a request failed; it waits to be tried again, or for the end of an outage"
    );
}

pub(crate) fn queue_gone(queue_url: &str) {
    error!(queue_url, "the queue no longer exists: stopping");
}

pub(crate) fn unreadable(
    counters: &Counters,
    queue_url: &str,
    message_id: &str,
    receive_count: u32,
    error: &NotificationError,
) {
    let reason = format!("{:?}", error.kind());
    counters.messages.unreadable.add(&reason);
    limited!(
        counters.lines.message_unreadable,
        warn,
        queue_url,
        message_id,
        receive_count,
        reason,
        %error,
        "message not understood; it is left to the queue's redrive policy"
    );
}

/// An object is acknowledged without being read: by the route of this index, or because no route
/// matches.
pub(crate) fn object_skipped(
    counters: &Counters,
    message_id: &str,
    object: &NotifiedObject,
    route: Option<usize>,
) {
    let NotifiedObject { bucket, key, .. } = object;
    counters.objects.skipped.add(1);
    let route = route.and_then(|index| counters.routes.get(index));
    route.iter().for_each(|(_, counters)| counters.skipped.add(1));
    let route = route.map(|(name, _)| name.as_str());
    debug!(message_id, bucket, key, route, "the object is skipped");
}

pub(crate) fn without_objects(
    counters: &Counters,
    message_id: &str,
    skipped: Skipped,
    skipped_objects: usize,
) {
    counters.messages.without_objects.add(1);
    let Skipped { test_event, other_events, .. } = skipped;
    limited!(
        counters.lines.message_without_objects,
        info,
        message_id,
        test_event,
        other_events,
        skipped_objects,
        "nothing to do: the message announces no object to read, and is deleted"
    );
}

pub(crate) fn message_started(
    key: MessageKey,
    message_id: &str,
    receive_count: u32,
    objects: usize,
) {
    debug!(delivery = %key, message_id, receive_count, objects, "message started");
}

pub(crate) fn message_cancelled(counters: &Counters, key: MessageKey, message_id: &str) {
    limited!(
        counters.lines.message_cancelled,
        warn,
        delivery = %key,
        message_id,
        "work on the message is cancelled: its lease is lost or over, or the pipeline is stopping"
    );
}

pub(crate) fn message_ended(
    counters: &Counters,
    key: MessageKey,
    message_id: &str,
    outcome: Outcome,
    held: Duration,
) {
    let messages = &counters.messages;
    let held_ms = ms(held);
    match outcome {
        Outcome::Deleted => {
            messages.deleted.add(1);
            debug!(delivery = %key, message_id, held_ms, "message deleted");
        }
        Outcome::Released(delay) => {
            messages.released.add(1);
            limited!(
                counters.lines.message_released,
                info,
                delivery = %key, message_id, held_ms, delay_ms = ms(delay),
                "message released; it comes back after the delay"
            );
        }
        // Counted and logged when it was found.
        Outcome::Kept => {}
        Outcome::LeaseLost => {
            messages.lease_lost.add(1);
            limited!(
                counters.lines.lease_lost,
                warn,
                delivery = %key, message_id, held_ms,
                "the message's lease was lost; another consumer may have it"
            );
        }
        Outcome::LeftToTimeOut => {
            messages.left_to_time_out.add(1);
            limited!(
                counters.lines.left_to_time_out,
                warn,
                delivery = %key, message_id, held_ms,
                "a request was not answered; the message is left to its visibility timeout"
            );
        }
        Outcome::Abandoned => {
            messages.abandoned.add(1);
            error!(
                delivery = %key, message_id, held_ms,
                "work blocks a thread; the message is left to its visibility timeout"
            );
        }
    }
}

/// A batch request ended: for these messages it was not done, for the others of its entries it was.
/// `error`: it failed as a whole.
pub(crate) fn request_answered(
    counters: &Counters,
    request: Request,
    entries: usize,
    failed: &[&str],
    error: Option<&str>,
) {
    if request == Request::Extend {
        counters.queue.extensions.add((entries - failed.len()) as u64);
    }
    if !failed.is_empty() {
        counters.queue.failed_requests.add(failed.len() as u64);
        let (failed, message_ids) = (failed.len(), List(failed));
        limited!(
            counters.lines.request_failed,
            warn,
            ?request,
            entries,
            failed,
            %message_ids,
            error,
            "a batch request failed, or a part of it"
        );
    }
}

pub(crate) fn object_opened(
    counters: &Counters,
    message_id: &str,
    treatment: &Treatment,
    object: &ObjectRef,
    notified_etag: Option<&str>,
) {
    counters.objects.opened.add(1);
    of_route(counters, treatment, |route| route.opened.add(1));
    if notified_etag.is_some_and(|etag| !etag.is_empty() && etag != object.etag()) {
        counters.objects.overwritten.add(1);
        limited!(
            counters.lines.object_overwritten,
            info,
            message_id,
            route = treatment.route(),
            %object,
            etag = object.etag(),
            notified_etag,
            "the object was overwritten; it is processed as it is now"
        );
    }
}

pub(crate) fn object_resumed(
    counters: &Counters,
    message_id: &str,
    object: &dyn fmt::Display,
    at: u64,
    error: &str,
) {
    counters.objects.resumed.add(1);
    debug!(message_id, %object, at, %error, "reading is resumed");
}

pub(crate) fn object_was_in_flight(
    counters: &Counters,
    message_id: &str,
    object: &dyn fmt::Display,
) {
    counters.objects.duplicates.add(1);
    debug!(message_id, %object, "the object was being processed for another message, and is done");
}

/// The object is named in the line: whoever reads the log at night needs no other line.
pub(crate) fn object_unreadable(
    counters: &Counters,
    message_id: &str,
    treatment: &Treatment,
    object: &dyn fmt::Display,
    reason: &str,
    error: &dyn fmt::Display,
) {
    counters.objects.unreadable.add(reason);
    counters.recent.add(message_id, object.to_string(), None, error.to_string());
    limited!(
        counters.lines.object_unreadable,
        warn,
        message_id,
        route = treatment.route(),
        %object,
        reason,
        %error,
        "the object could not be read to its end; its message will come back"
    );
}

/// `failed`: how many records each processor failed, if it was opened.
pub(crate) fn object_ended(
    counters: &Counters,
    message_id: &str,
    treatment: &Treatment,
    object: &dyn fmt::Display,
    end: &ObjectEnd,
    failed: &[u64],
    read_to_end: bool,
) {
    of_route(counters, treatment, |route| match end {
        ObjectEnd::Done => route.done.add(1),
        ObjectEnd::Failed { .. } => route.failed.add(1),
        ObjectEnd::Cancelled | ObjectEnd::NotStarted => route.cancelled.add(1),
    });
    match end {
        ObjectEnd::Done => {
            counters.objects.done.add(1);
            debug!(message_id, %object, "object done");
        }
        // Said when it happened.
        ObjectEnd::Failed { .. } if failed.iter().all(|count| *count == 0) => {
            counters.objects.failed.add(1);
        }
        ObjectEnd::Failed { .. } => {
            counters.objects.failed.add(1);
            let names = counters.processors.iter().map(|(name, _)| name);
            let failed: Vec<_> = names.zip(failed).filter(|(_, count)| **count > 0).collect();
            let failed_records: u64 = failed.iter().map(|(_, count)| **count).sum();
            let by_processor: Vec<_> =
                failed.iter().map(|(name, count)| format!("{name}={count}")).collect();
            let by_processor = List(&by_processor);
            limited!(
                counters.lines.object_failed,
                warn,
                message_id,
                route = treatment.route(),
                %object,
                failed_records,
                %by_processor,
                read_to_end,
                "object failed; its message will come back"
            );
        }
        ObjectEnd::Cancelled | ObjectEnd::NotStarted => {
            counters.objects.cancelled.add(1);
            debug!(message_id, %object, "object given up");
        }
    }
}

/// A record failed for this processor.
pub(crate) fn record_failed(
    counters: &Counters,
    message_id: &str,
    treatment: &Treatment,
    processor: usize,
    record: Record<'_>,
    failure: &Failure,
) {
    let limit = &counters.lines.record_failed[processor];
    let processor = &*counters.processors[processor].0;
    let (object, index, offset) = (record.object(), record.index(), record.offset());
    let error = failure.text();
    let record_id = record.id();
    counters.recent.add(message_id, object.to_string(), Some((processor, index)), error.clone());
    limited!(
        limit, warn, message_id, route = treatment.route(), processor, %object, index, offset,
        %record_id, error,
        "record failed"
    );
}

pub(crate) fn too_many_failures(
    counters: &Counters,
    message_id: &str,
    object: &ObjectRef,
    limit: u64,
) {
    limited!(
        counters.lines.too_many_failures,
        warn,
        message_id, %object, limit,
        "too many records of the object failed; the rest of it is cut short"
    );
}

/// A message, from its receive to its end.
pub(crate) fn message_span(counters: &Counters, message: &Message, receive_count: u32) -> Span {
    trace::message(message, receive_count, &counters.queue_name)
}

/// The work on one object of a message.
pub(crate) fn object_span(message: &Span, notified: &NotifiedObject, route: Option<&str>) -> Span {
    let NotifiedObject { bucket, key, version_id, .. } = notified;
    let span = info_span!(parent: message, "object", bucket, key, version_id, route);
    trace::object(&span, notified);
    span
}

/// One processor's work on one parcel of records; where nobody wants it, the object's, so that what
/// a processor logs names its message.
pub(crate) fn processing_span(processor: &str, records: usize) -> Span {
    let span = debug_span!("process", processor, records);
    if span.is_disabled() { Span::current() } else { span }
}

/// A batch processor's work on one batch of records, of so many objects.
pub(crate) fn batch_span(processor: &str, records: usize, pieces: usize) -> Span {
    debug_span!(parent: None, "batch", processor, records, pieces)
}

pub(crate) fn draining(held: usize) {
    info!(held, "draining: nothing new is begun, what runs is finished");
}

pub(crate) fn aborting(held: usize) {
    warn!(held, "aborting: what runs is given up and handed back");
}

pub(crate) fn stopped(counters: &Counters) {
    let stats = counters.snapshot();
    info!(
        deleted = stats.messages.deleted,
        released = stats.messages.released,
        records = stats.objects.records,
        "pipeline stopped"
    );
}
