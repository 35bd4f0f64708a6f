//! loom runs each model once for every interleaving of its threads, and for every value that a load may see.
//!
//! `written` stands for what a processor leaves behind for the end of its object, a failure for instance. It is no atomic:
//! a read that is not ordered after the write fails the model, so weaker orderings in the ledger do not pass.

use crate::ledger::{Ledger, Outstanding, Settled};
use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
};

type Word = AtomicU64;

struct Object {
    ledger: Ledger<Word>,
    written: [UnsafeCell<()>; 2],
    completions: AtomicUsize,
}

impl Object {
    fn new() -> Arc<Self> {
        let written = [UnsafeCell::new(()), UnsafeCell::new(())];
        Arc::new(Self { ledger: Ledger::new(), written, completions: AtomicUsize::new(0) })
    }

    /// What the two processors wrote is there for whoever learns that the object is complete.
    fn observe(&self, settled: Settled) {
        if settled == Settled::Complete {
            self.written.iter().for_each(|written| written.with(|_| ()));
            self.completions.fetch_add(1, Relaxed);
        }
    }

    fn assert_completed_once(&self) {
        assert_eq!(self.completions.load(Relaxed), 1);
    }
}

fn process(object: &Arc<Object>, processor: usize, verdicts: &'static [u64]) -> thread::JoinHandle<()> {
    let object = Arc::clone(object);
    thread::spawn(move || {
        object.written[processor].with_mut(|_| ());
        verdicts.iter().for_each(|&verdicts| object.observe(object.ledger.settle(verdicts)));
    })
}

#[test]
fn trap_32_exactly_one_learns_of_the_end_and_sees_what_every_processor_wrote() {
    loom::model(|| {
        let object = Object::new();
        object.ledger.open(3);
        let processors = [process(&object, 0, &[1, 1]), process(&object, 1, &[1])];
        object.observe(object.ledger.close());
        processors.into_iter().for_each(|processor| processor.join().expect("no model panics"));
        object.assert_completed_once();
    });
}

#[test]
fn trap_18_a_ledger_that_runs_empty_between_two_batches_is_not_complete() {
    loom::model(|| {
        let object = Object::new();
        object.ledger.open(1);
        let first = process(&object, 0, &[1]);
        object.ledger.open(1);
        let second = process(&object, 1, &[1]);
        object.observe(object.ledger.close());
        [first, second].into_iter().for_each(|processor| processor.join().expect("no model panics"));
        object.assert_completed_once();
    });
}

/// Two records of one batch. Whoever gives the last verdict, or stops waiting for those that are missing, settles both in the
/// ledger, and sees what was written before each verdict that counted.
struct Batch {
    outstanding: Outstanding<Word>,
    object: Arc<Object>,
}

impl Batch {
    fn new() -> Arc<Self> {
        let object = Object::new();
        object.ledger.open(2);
        assert_eq!(object.ledger.close(), Settled::Pending);
        Arc::new(Self { outstanding: Outstanding::new(2), object })
    }

    fn give_verdict(&self, record: usize) {
        self.object.written[record].with_mut(|_| ());
        if self.outstanding.take_one().is_some_and(|turn| turn.last) {
            self.object.observe(self.object.ledger.settle(2));
        }
    }

    /// Verdicts come in the order of the records, so what is missing are the last ones.
    fn expire(&self) {
        let missing = self.outstanding.expire() as usize;
        if missing > 0 {
            self.object.written[..2 - missing].iter().for_each(|written| written.with(|_| ()));
            assert_eq!(self.object.ledger.settle(2), Settled::Complete);
            self.object.completions.fetch_add(1, Relaxed);
        }
    }
}

#[test]
fn trap_31_a_verdict_and_the_expiry_never_count_the_same_record() {
    loom::model(|| {
        let batch = Batch::new();
        let late = Arc::clone(&batch);
        let late = thread::spawn(move || (0..2).for_each(|record| late.give_verdict(record)));
        batch.expire();
        late.join().expect("no model panics");
        assert_eq!(batch.outstanding.take_one(), None);
        batch.object.assert_completed_once();
    });
}

#[test]
fn trap_32_the_last_verdict_of_a_batch_sees_what_was_written_before_the_others() {
    loom::model(|| {
        let batch = Batch::new();
        let other = Arc::clone(&batch);
        let other = thread::spawn(move || other.give_verdict(0));
        batch.give_verdict(1);
        other.join().expect("no model panics");
        batch.object.assert_completed_once();
    });
}
