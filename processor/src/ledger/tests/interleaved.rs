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
fn a_ledger_that_runs_empty_between_two_batches_is_not_complete() {
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

#[test]
fn trap_31_a_verdict_and_the_expiry_never_count_the_same_record() {
    loom::model(|| {
        let outstanding = Arc::new(Outstanding::<Word>::new(2));
        let object = Object::new();
        object.ledger.open(2);
        object.observe(object.ledger.close());
        let late = {
            let (outstanding, object) = (Arc::clone(&outstanding), Arc::clone(&object));
            thread::spawn(move || {
                for written in &object.written {
                    if outstanding.take_one().is_some() {
                        written.with_mut(|_| ());
                        object.observe(object.ledger.settle(1));
                    }
                }
            })
        };
        let missing = outstanding.expire();
        if missing > 0 {
            object.observe(object.ledger.settle(missing));
        }
        late.join().expect("no model panics");
        assert_eq!(outstanding.take_one(), None);
        object.assert_completed_once();
    });
}

#[test]
fn the_last_verdict_is_last_for_one_caller_only() {
    loom::model(|| {
        let outstanding = Arc::new(Outstanding::<Word>::new(2));
        let verdict = |outstanding: Arc<Outstanding<Word>>| {
            move || usize::from(outstanding.take_one().expect("nothing expires here").last)
        };
        let other = thread::spawn(verdict(Arc::clone(&outstanding)));
        let lasts = verdict(outstanding)() + other.join().expect("no model panics");
        assert_eq!(lasts, 1);
    });
}
