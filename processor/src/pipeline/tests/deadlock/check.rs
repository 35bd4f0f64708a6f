use super::{Combination, World, worker::Gauge};
use crate::{
    Stats,
    testing::{Event, Place, Verdict},
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn all(
    combination: &Combination,
    world: &World,
    sent: &BTreeMap<String, Vec<(String, u64)>>,
    gauges: &[Gauge],
    stats: &Stats,
    most_held: u64,
) {
    deleted_means_done(combination, world, sent);
    // I6
    assert!(most_held <= combination.slots as u64, "{most_held} messages held");
    for (processor, gauge) in combination.processors.iter().zip(gauges) {
        assert!(
            gauge.most() <= processor.concurrency,
            "{} at once for {processor:?}",
            gauge.most()
        );
    }
    assert!(
        world.store.most_open() <= combination.most_open(),
        "{} objects open",
        world.store.most_open()
    );
    // I2
    let (deleted, dead) =
        (world.queue.in_place(Place::Deleted).len(), world.queue.in_place(Place::Dead).len());
    assert_eq!((deleted + dead, deleted as u64), (sent.len(), stats.messages.deleted));
    // I5, I7
    let messages = &stats.messages;
    assert_eq!(messages.deleted + messages.released, messages.received, "{messages:?}");
    every_record_has_one_verdict(combination, stats);
}

/// I1.
fn deleted_means_done(
    combination: &Combination,
    world: &World,
    sent: &BTreeMap<String, Vec<(String, u64)>>,
) {
    let mut done = BTreeSet::new();
    for (_, event) in world.trace.events() {
        match event {
            Event::Settled { processor, object, index, ok: true } => {
                done.insert((processor, object, index));
            }
            Event::Deleted { receipt, verdict: Verdict::Done } => {
                let message = receipt.split_once('#').expect("a receipt").0;
                for processor in &combination.processors {
                    let is_done = |(key, index): &(String, u64)| {
                        done.contains(&(processor.name.clone(), key.clone(), *index))
                    };
                    let missing: Vec<_> =
                        sent[message].iter().filter(|record| !is_done(record)).collect();
                    assert!(
                        missing.is_empty(),
                        "I1: {message} was deleted, {} lacks {missing:?}",
                        processor.name
                    );
                }
            }
            _ => {}
        }
    }
}

/// Each record that was found is done, failed or given up, once, by each processor.
fn every_record_has_one_verdict(combination: &Combination, stats: &Stats) {
    for processor in &combination.processors {
        let mine = &stats.processors[&processor.name];
        assert_eq!(
            mine.done + mine.failed + mine.cancelled,
            stats.objects.records,
            "{processor:?}: {mine:?}"
        );
        // An object that is cut short waits for nobody.
        assert!(mine.late == 0 || combination.failed_records < 1_000, "{processor:?}");
    }
}
