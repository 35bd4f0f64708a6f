//! What the counters promise, one thread after the other; then [every interleaving](interleaved) of several.

mod interleaved;

use super::{Ledger, Outstanding, Settled};

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

#[test]
fn trap_31_after_the_expiry_no_verdict_counts() {
    let outstanding: Outstanding = Outstanding::new(3);
    assert!(!outstanding.take_one().expect("three are outstanding").last);
    assert!(!outstanding.is_expired());
    assert_eq!(outstanding.expire(), 2);
    assert!(outstanding.is_expired());
    assert_eq!(outstanding.take_one(), None);
    assert_eq!(outstanding.expire(), 0, "what expired once is not missing twice");
}

#[test]
fn the_last_verdict_is_told_that_it_is() {
    let outstanding: Outstanding = Outstanding::new(2);
    assert!(!outstanding.take_one().expect("two are outstanding").last);
    assert!(outstanding.take_one().expect("one is outstanding").last);
    assert_eq!(outstanding.expire(), 0);
}
