//! loom runs each model once for every interleaving of its threads, and for every value that a load
//! may see.
//!
//! `written` stands for what a processor leaves behind for the end of its object, a failure for
//! instance. It is no atomic: a read that is not ordered after the write fails the model, so weaker
//! orderings in the ledger do not pass.

use crate::ledger::{Ledger, Settled, Verdict, Verdicts};
use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering::Relaxed},
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

fn process(
    object: &Arc<Object>,
    processor: usize,
    verdicts: &'static [u64],
) -> thread::JoinHandle<()> {
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
        [first, second]
            .into_iter()
            .for_each(|processor| processor.join().expect("no model panics"));
        object.assert_completed_once();
    });
}

/// Two records of one batch. Whoever counts the last verdict settles both in the ledger, and sees
/// what was written before each verdict that counted.
struct Batch {
    verdicts: Verdicts<AtomicU8, Word>,
    object: Arc<Object>,
    /// Each verdict and each missing one is counted once, or late once.
    counted: AtomicUsize,
    late: AtomicUsize,
    missing: AtomicUsize,
}

impl Batch {
    fn new() -> Arc<Self> {
        let object = Object::new();
        object.ledger.open(2);
        assert_eq!(object.ledger.close(), Settled::Pending);
        let [counted, late, missing] = [(); 3].map(|()| AtomicUsize::new(0));
        Arc::new(Self { verdicts: Verdicts::new(2), object, counted, late, missing })
    }

    fn count(&self, verdicts: u64) {
        self.counted.fetch_add(verdicts as usize, Relaxed);
        if self.verdicts.settle(verdicts) {
            // Verdicts come in the order of the records, so what is missing are the last ones.
            let came = 2 - self.missing.load(Relaxed);
            self.object.written[..came].iter().for_each(|written| written.with(|_| ()));
            assert_eq!(self.object.ledger.settle(2), Settled::Complete);
            self.object.completions.fetch_add(1, Relaxed);
        }
    }

    fn give(&self, record: usize) {
        self.object.written[record].with_mut(|_| ());
        let given = self.verdicts.give(record, Verdict::Failed);
        match given.late {
            true => _ = self.late.fetch_add(1, Relaxed),
            false if given.after_hand_over => self.count(1),
            false => {}
        }
    }

    /// What the task of the batch does.
    fn hand_over(&self) {
        let given = (0..2).filter(|record| self.verdicts.handed_over(*record).is_some()).count();
        self.count(given as u64);
    }

    fn expire(&self) -> usize {
        let expired = self.verdicts.expire();
        self.missing.store(expired.given_up as usize, Relaxed);
        self.count(expired.total());
        expired.given_up as usize
    }
}

fn give(batch: &Arc<Batch>, records: &'static [usize]) -> thread::JoinHandle<()> {
    let batch = Arc::clone(batch);
    thread::spawn(move || records.iter().for_each(|&record| batch.give(record)))
}

#[test]
fn trap_32_the_last_verdict_of_a_batch_sees_what_was_written_before_the_others() {
    loom::model(|| {
        let batch = Batch::new();
        let givers = [give(&batch, &[0]), give(&batch, &[1])];
        batch.hand_over();
        givers.into_iter().for_each(|giver| giver.join().expect("no model panics"));
        batch.object.assert_completed_once();
        assert_eq!((batch.counted.load(Relaxed), batch.expire()), (2, 0));
    });
}

#[test]
fn trap_72_what_a_record_took_along_comes_back_once_by_its_verdict_or_reclaimed() {
    loom::model(|| {
        let verdicts = Arc::new(Verdicts::<AtomicU8, Word>::new(1));
        assert_eq!(verdicts.handed_over(0), None);
        verdicts.expire();
        let giver = {
            let verdicts = Arc::clone(&verdicts);
            thread::spawn(move || verdicts.give(0, Verdict::Done).after_hand_over)
        };
        let reclaimed = verdicts.reclaim();
        let came_back = giver.join().expect("no model panics");
        assert_eq!(reclaimed + usize::from(came_back), 1);
    });
}

#[test]
fn trap_31_a_verdict_and_the_expiry_never_count_the_same_record() {
    loom::model(|| {
        let batch = Batch::new();
        let giver = give(&batch, &[0, 1]);
        // The second record is never handed over to the end.
        let given = batch.verdicts.handed_over(0).is_some();
        batch.count(u64::from(given));
        let missing = batch.expire();
        giver.join().expect("no model panics");
        batch.object.assert_completed_once();
        assert_eq!(batch.counted.load(Relaxed), 2);
        assert_eq!(batch.late.load(Relaxed), missing, "what was missing comes late");
    });
}

#[test]
fn trap_72_a_verdict_and_its_time_out_count_once_and_give_one_permit_back() {
    loom::model(|| {
        let verdicts = Arc::new(Verdicts::<AtomicU8, Word>::new(1));
        assert_eq!(verdicts.handed_over(0), None);
        let giver = {
            let verdicts = Arc::clone(&verdicts);
            thread::spawn(move || verdicts.give(0, Verdict::Done))
        };
        let timed_out = verdicts.time_out(0);
        let given = giver.join().expect("no model panics");
        assert_eq!(given.late, timed_out);
        assert_eq!(given.after_hand_over, !timed_out);
        assert!(verdicts.settle(1), "one of them counts it");
        assert_eq!((verdicts.expire().total(), verdicts.reclaim()), (0, 0));
        assert_eq!(verdicts.done().count(), usize::from(!timed_out));
    });
}
