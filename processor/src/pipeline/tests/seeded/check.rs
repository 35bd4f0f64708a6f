//! What has to hold once a run ended; what may never happen meanwhile is the judge's.

use super::{
    play::Outcome,
    scenario::{Body, Object, Scenario},
};
use crate::testing::{Event, Op, Place};
use std::{collections::BTreeSet, time::Duration};

pub(super) fn all(scenario: &Scenario, outcome: &Outcome) {
    let violation = outcome.judge.violation();
    assert_eq!(violation, None, "{}", outcome.world.trace);
    finished_messages_are_deleted_or_dead(outcome);
    every_delivery_has_one_end(scenario, outcome);
    the_dead_are_to_blame(scenario, outcome);
    nothing_is_done_twice(scenario, outcome);
    only_what_cannot_be_read_is_dead(scenario, outcome);
    nothing_of_a_damaged_object_begins(scenario, outcome);
    if scenario.is_calm() {
        let events = outcome.world.trace.events();
        for (message, body) in &outcome.sent {
            let Body::Objects(objects) = body else { continue };
            let objects: Vec<_> =
                objects.iter().filter(|object| !scenario.routing.is_skipped(&object.key)).collect();
            if scenario.only_succeeds() && !objects.iter().any(|object| object.is_damaged) {
                assert_eq!(
                    outcome.world.queue.receives(message),
                    1,
                    "nothing was wrong with {message}"
                );
                assert_eq!(
                    outcome.world.queue.place(message),
                    Place::Deleted,
                    "nothing was wrong with {message}"
                );
                // Work on an object that several messages announce is not seen to be over for each
                // of them.
                if !outcome.judge.is_shared(message) {
                    no_extension_after_the_verdict(&events, message, &objects, scenario);
                }
            }
        }
    }
}

/// I2.
fn finished_messages_are_deleted_or_dead(outcome: &Outcome) {
    let queue = &outcome.world.queue;
    assert!(queue.is_finished(), "I2: {:?}", queue.in_place(Place::InFlight));
    for (message, body) in &outcome.sent {
        match body {
            Body::Unreadable => assert_eq!(queue.place(message), Place::Dead, "trap 5"),
            Body::Empty | Body::Copy | Body::Objects(_) => {}
        }
    }
}

/// I4: what is asked after the last verdict is one delete.
fn no_extension_after_the_verdict(
    events: &[(Duration, Event)],
    message: &str,
    objects: &[&Object],
    scenario: &Scenario,
) {
    let keys: BTreeSet<_> = objects.iter().map(|object| &object.key).collect();
    let verdicts_on = |object: &&Object| object.records() * scenario.routing.of(&object.key).len();
    let verdicts: usize = objects.iter().map(verdicts_on).sum();
    let mut settled = 0;
    for (at, event) in events {
        match event {
            Event::Settled { object, .. } if keys.contains(object) => settled += 1,
            Event::Asked { op: Op::Change, about, .. }
                if about.iter().any(|receipt| is_of(receipt, message)) =>
            {
                assert!(
                    settled < verdicts || verdicts == 0,
                    "I4: {message} was extended at {at:?}, after its verdict"
                );
            }
            _ => {}
        }
    }
}

/// L2: nothing comes to the dead-letter queue for what others did. Leases that the queue loses, and
/// stops without end, are not of this.
fn the_dead_are_to_blame(scenario: &Scenario, outcome: &Outcome) {
    // Who blocks the one thread of a simulation blocks the extensions, too.
    let is_excused = outcome.judge.jumps() > 0 || scenario.takes_days();
    if scenario.is_chaotic() || scenario.costs_receives() || is_excused {
        return;
    }
    for message in outcome.world.queue.in_place(Place::Dead) {
        let is_shared = outcome.judge.is_shared(&message);
        assert!(
            is_shared || outcome.judge.has_own_cause(&message),
            "L2: {message} is dead for nothing of its own\n{}",
            outcome.world.trace
        );
    }
}

/// I5. A redelivery of what is still held has no end of its own.
fn every_delivery_has_one_end(scenario: &Scenario, outcome: &Outcome) {
    let messages = &outcome.stats.messages;
    let ends = messages.deleted
        + messages.released
        + messages.unreadable
        + messages.lease_lost
        + messages.left_to_time_out
        + messages.abandoned;
    assert!(ends <= messages.received, "I5: {messages:?}");
    if scenario.is_calm() && !scenario.takes_days() {
        assert_eq!(ends, messages.received, "I5: {messages:?}");
        assert_eq!((messages.lease_lost, messages.left_to_time_out), (0, 0), "I7");
    }
}

/// Where nothing goes wrong but records, what is remembered is not done again.
fn nothing_is_done_twice(scenario: &Scenario, outcome: &Outcome) {
    if !(scenario.is_calm() && scenario.remembering.is_reliable()) || scenario.takes_days() {
        return;
    }
    for (message, body) in &outcome.sent {
        let Body::Objects(objects) = body else { continue };
        // Each message has progress of its own, and damage drops it.
        if outcome.judge.is_shared(message) || objects.iter().any(|object| object.is_damaged) {
            continue;
        }
        let is_its_own =
            |(key, ..): &(String, usize, u64)| objects.iter().any(|object| object.key == *key);
        let twice: Vec<_> = outcome.judge.twice().into_iter().filter(is_its_own).collect();
        assert_eq!(twice, [], "done again though it was remembered\n{}", outcome.world.trace);
    }
}

/// Where nothing goes wrong but records, and these are put aside.
fn only_what_cannot_be_read_is_dead(scenario: &Scenario, outcome: &Outcome) {
    let is_calm = scenario.is_calm() && !scenario.takes_days();
    if !(is_calm && scenario.quarantining.is_reliable()) {
        return;
    }
    for message in outcome.world.queue.in_place(Place::Dead) {
        assert!(
            outcome.judge.cannot_be_read(&message),
            "{message} is dead, of which single records failed\n{}",
            outcome.world.trace
        );
    }
}

/// Where objects are downloaded first.
fn nothing_of_a_damaged_object_begins(scenario: &Scenario, outcome: &Outcome) {
    assert_eq!(outcome.world.disk.usage().files, 0, "nothing is left on the disk");
    let objects = scenario.messages.iter().flat_map(|message| message.objects());
    let damaged: BTreeSet<_> =
        objects.filter(|object| object.is_damaged).map(|object| &object.key).collect();
    if !scenario.spooling.is_on() || damaged.is_empty() {
        return;
    }
    for (at, event) in outcome.world.trace.events() {
        let is_begun = matches!(&event, Event::Began { object, .. } if damaged.contains(object));
        assert!(!is_begun, "{event:?} at {at:?}: it is damaged\n{}", outcome.world.trace);
    }
}

fn is_of(receipt: &str, message: &str) -> bool {
    receipt.split_once('#').is_some_and(|(of, _)| of == message)
}
