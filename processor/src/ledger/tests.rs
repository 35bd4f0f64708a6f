//! What the counters promise, one thread after the other; then [every interleaving](interleaved) of
//! several.

mod interleaved;

use super::{Given, Ledger, Settled, Tally, Verdict, Verdicts};

fn ledger() -> Ledger {
    Ledger::new()
}

#[test]
fn trap_18_an_object_without_records_completes_when_it_is_closed() {
    assert_eq!(ledger().close(), Settled::Complete);
}

#[test]
fn trap_18_empty_is_not_complete_while_reading_goes_on() {
    let ledger = ledger();
    ledger.open(2);
    assert_eq!(ledger.settle(2), Settled::Pending);
    ledger.open(1);
    assert_eq!(ledger.close(), Settled::Pending);
    assert_eq!(ledger.settle(1), Settled::Complete);
}

fn tally(done: u64, failed: u64, given_up: u64) -> Tally {
    Tally { done, failed, given_up }
}

const EARLY: Given = Given { after_hand_over: false, late: false };
const COUNTS: Given = Given { after_hand_over: true, late: false };

#[test]
fn trap_31_after_the_expiry_no_verdict_counts() {
    let verdicts: Verdicts = Verdicts::new(4);
    assert_eq!([0, 1].map(|record| verdicts.handed_over(record)), [None; 2]);
    assert_eq!(verdicts.give(0, Verdict::Done), COUNTS);
    assert!(!verdicts.settle(1));
    assert_eq!(verdicts.give(2, Verdict::Failed), EARLY);
    assert!(!verdicts.is_late(1));
    assert_eq!(
        verdicts.expire(),
        tally(0, 1, 2),
        "given while it was handed over, and two without a verdict"
    );
    assert!(verdicts.is_late(1));
    assert_eq!(verdicts.give(1, Verdict::Done), Given { after_hand_over: true, late: true });
    assert_eq!(verdicts.give(3, Verdict::Done), Given { after_hand_over: false, late: true });
    assert_eq!(verdicts.expire(), tally(0, 0, 0), "what expired once is not missing twice");
    assert!(verdicts.settle(3));
}

#[test]
fn the_last_verdict_is_told_that_it_is() {
    let verdicts: Verdicts = Verdicts::new(3);
    for (record, verdict) in [Verdict::Done, Verdict::GivenUp].into_iter().enumerate() {
        assert_eq!(verdicts.give(record, verdict), EARLY);
        assert_eq!(verdicts.handed_over(record), Some(verdict));
    }
    assert!(!verdicts.settle(2) && !verdicts.settle(0));
    assert_eq!(verdicts.handed_over(2), None);
    assert_eq!(verdicts.give(2, Verdict::Done), COUNTS);
    assert!(verdicts.settle(1) && !verdicts.settle(0));
    assert_eq!(verdicts.expire(), tally(0, 0, 0));
}
