//! The invariants, looked for in the trace of a run that ended.

use super::{
    Outcome,
    scenario::{Body, Object, Scenario},
};
use crate::testing::{Event, Op, Place, Verdict};
use std::{collections::BTreeSet, time::Duration};

pub(super) fn all(scenario: &Scenario, outcome: &Outcome) {
    let events = outcome.world.trace.events();
    finished_messages_are_deleted_or_dead(outcome);
    for (message, body) in &outcome.sent {
        if let Body::Objects(objects) = body {
            let damaged = objects.iter().any(|object| object.damaged);
            let records =
                |object: &Object| (0..object.records).map(|index| (object.key.clone(), index)).collect::<Vec<_>>();
            let wanted = objects.iter().flat_map(records).collect();
            deleted_means_done(scenario, &events, message, &wanted);
            if damaged {
                assert_eq!(outcome.world.queue.place(message), Place::Dead, "I9: {message} cannot be decoded");
            }
            if scenario.is_calm() {
                let keys = objects.iter().map(|object| object.key.clone()).collect();
                never_delivered_while_it_runs(&events, message, &keys);
                if !damaged && !wanted.is_empty() {
                    let verdicts = wanted.len() * scenario.processors.len();
                    no_extension_after_the_verdict(&events, message, &keys, verdicts);
                }
            }
        }
    }
    limits_are_kept(scenario, outcome);
    every_delivery_has_one_end(scenario, outcome);
}

/// I2.
fn finished_messages_are_deleted_or_dead(outcome: &Outcome) {
    let queue = &outcome.world.queue;
    assert!(queue.is_finished(), "I2: {:?}", queue.in_place(Place::InFlight));
    for (message, body) in &outcome.sent {
        match body {
            Body::Unreadable => assert_eq!(queue.place(message), Place::Dead, "trap 5"),
            Body::Empty | Body::Objects(_) => {}
        }
    }
}

/// I1, I9.
fn deleted_means_done(
    scenario: &Scenario,
    events: &[(Duration, Event)],
    message: &str,
    wanted: &BTreeSet<(String, u64)>,
) {
    let mut done: Vec<_> = scenario.processors.iter().map(|name| (name, BTreeSet::new())).collect();
    for (_, event) in events {
        match event {
            Event::Settled { processor, object, index, ok: true } => {
                let of = done.iter_mut().find(|(name, _)| *name == processor).expect("a processor of this run");
                of.1.insert((object.clone(), *index));
            }
            Event::Deleted { receipt, verdict: Verdict::Done } if is_of(receipt, message) => {
                for (processor, done) in &done {
                    assert!(done.is_superset(wanted), "I1: {message} was deleted, but {processor} was not done");
                }
            }
            _ => {}
        }
    }
}

/// I7, I10.
fn never_delivered_while_it_runs(events: &[(Duration, Event)], message: &str, keys: &BTreeSet<String>) {
    let mut running = 0;
    for (at, event) in events {
        match event {
            Event::Began { object, .. } if keys.contains(object) => running += 1,
            Event::Settled { object, .. } if keys.contains(object) => running -= 1,
            Event::Received { message: received, .. } if received == message => {
                assert_eq!(running, 0, "I7, I10: {message} was delivered at {at:?} while it ran");
            }
            _ => {}
        }
    }
}

/// I4: what is asked after the last verdict is one release, or nothing.
fn no_extension_after_the_verdict(
    events: &[(Duration, Event)],
    message: &str,
    keys: &BTreeSet<String>,
    verdicts: usize,
) {
    let (mut settled, mut asked) = (0, 0);
    for (at, event) in events {
        match event {
            Event::Settled { object, .. } if keys.contains(object) => settled += 1,
            Event::Received { message: received, .. } if received == message => (settled, asked) = (0, 0),
            Event::Asked { op: Op::Change, about } if about.iter().any(|receipt| is_of(receipt, message)) => {
                asked += usize::from(settled == verdicts);
                assert!(asked <= 1, "I4: {message} was extended at {at:?}, after its last verdict");
            }
            _ => {}
        }
    }
}

/// I6.
fn limits_are_kept(scenario: &Scenario, outcome: &Outcome) {
    assert!(outcome.most_held <= scenario.slots as u64, "I6: {} messages held", outcome.most_held);
    for processor in &scenario.processors {
        let most = outcome.world.log.most_running(processor);
        // A run that was dropped may still be giving up while the next one begins.
        let runs = if scenario.stop.is_some() { 2 } else { 1 };
        assert!(most <= scenario.concurrency * runs, "I6: {most} records at once for {processor}");
    }
}

/// I5. A redelivery of what is still held has no end of its own.
fn every_delivery_has_one_end(scenario: &Scenario, outcome: &Outcome) {
    let messages = &outcome.stats.last().expect("one run at least").messages;
    let ends = messages.deleted
        + messages.released
        + messages.unreadable
        + messages.lease_lost
        + messages.left_to_time_out
        + messages.superseded
        + messages.abandoned;
    assert!(ends <= messages.received, "I5: {messages:?}");
    if scenario.is_calm() {
        assert_eq!(ends, messages.received, "I5: {messages:?}");
        assert_eq!((messages.lease_lost, messages.left_to_time_out, messages.superseded), (0, 0, 0), "I7");
    }
}

fn is_of(receipt: &str, message: &str) -> bool {
    receipt.split_once('#').is_some_and(|(of, _)| of == message)
}
