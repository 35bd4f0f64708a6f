//! The detector alone: what it declares, whose turn it is, and that whatever happens nobody waits
//! for nothing.

use super::{
    COMPANY, CROWD, Detector, Event, FIRST_PROBE, Failure, LONGEST_PROBE, Next, OutageClass,
    Probed, Receiving, WaiterKey, Wanted,
};
use crate::tracking::{MessageKey, Moment};
use proptest::prelude::*;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const DENIED: OutageClass = OutageClass::Denied;

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

fn wanted(bucket: &str, key: u32) -> Wanted {
    Wanted {
        bucket: bucket.into(),
        object: format!("s3://{bucket}/{key}"),
        message: MessageKey::default(),
        is_first_delivery: true,
    }
}

fn fail(detector: &mut Detector, wanted: &Wanted, class: OutageClass, now: Moment) -> WaiterKey {
    let failure = Failure { class, error: &"refused", retry_at: None, is_suspect: false };
    detector.failed(wanted, &failure, now, |pause| pause)
}

/// So many objects of a bucket are denied, and it is an outage.
fn outage(bucket: &str, objects: u32) -> (Detector, Vec<WaiterKey>) {
    let mut detector = Detector::default();
    let keys = (0..objects)
        .map(|n| fail(&mut detector, &wanted(bucket, n), DENIED, at(0.0)))
        .collect::<Vec<_>>();
    detector.next(keys[0], at(0.0) + DENIED.confirm());
    assert!(detector.is_outage());
    (detector, keys)
}

fn declared(detector: &mut Detector) -> usize {
    detector.take_events().iter().filter(|event| matches!(event, Event::Declared { .. })).count()
}

#[test]
fn trap_52_three_different_objects_that_fail_alike_and_nothing_that_succeeds() {
    for class in [OutageClass::Unreachable, OutageClass::Throttled, DENIED] {
        let mut detector = Detector::default();
        let keys: Vec<_> =
            (0..3).map(|n| fail(&mut detector, &wanted("b", n), class, at(n.into()))).collect();
        let confirmed = at(2.0) + class.confirm();
        assert_eq!(detector.next(keys[2], at(2.0)), Next::Wait(Some(confirmed)));
        assert_eq!(declared(&mut detector), 0);
        assert_eq!(
            detector.next(keys[2], confirmed),
            Next::Wait(None),
            "it is the first one's turn"
        );
        assert_eq!((declared(&mut detector), detector.view(confirmed)[0].class), (1, class));
        assert_eq!(detector.view(confirmed + 2 * SECOND)[0].age, 2 * SECOND);
    }
}

#[test]
fn trap_52_one_object_two_objects_or_three_that_fail_differently_are_none() {
    let mut one = Detector::default();
    let mut two = Detector::default();
    let mut unlike = Detector::default();
    for n in 0..100_u32 {
        let now = at(f64::from(n) * 100.0);
        for (detector, object, class) in [
            (&mut one, 0, DENIED),
            (&mut two, n % 2, DENIED),
            (
                &mut unlike,
                n % 2,
                [OutageClass::Unreachable, OutageClass::Throttled][n as usize % 2],
            ),
        ] {
            let key = fail(detector, &wanted("b", object), class, now);
            detector.next(key, now + 20 * SECOND);
            detector.left(key);
            assert!(!detector.is_outage(), "{n}");
        }
    }
}

#[test]
fn trap_52_a_success_in_between_or_right_after_disproves_it() {
    let mut detector = Detector::default();
    let first = fail(&mut detector, &wanted("b", 0), DENIED, at(0.0));
    fail(&mut detector, &wanted("b", 1), DENIED, at(0.0));
    detector.succeeded(at(0.5));
    fail(&mut detector, &wanted("b", 2), DENIED, at(0.6));
    assert_eq!(detector.next(first, at(0.7)), Next::Wait(Some(at(10.0))), "a crowd may come yet");
    assert_eq!(detector.next(first, at(10.0)), Next::GiveUp);
    fail(&mut detector, &wanted("b", 3), DENIED, at(11.0));
    let last = fail(&mut detector, &wanted("b", 4), DENIED, at(11.0));
    assert_eq!(detector.next(first, at(11.0)), Next::Wait(Some(at(21.0))), "it has come");
    detector.succeeded(at(20.9));
    assert_eq!(detector.next(last, at(21.0)), Next::GiveUp);
    assert!(!detector.is_outage() && declared(&mut detector) == 0);
}

#[test]
fn trap_52_one_that_is_refused_alone_waits_for_company_and_gives_up() {
    let mut detector = Detector::default();
    let key = fail(&mut detector, &wanted("b", 0), DENIED, at(0.0));
    assert_eq!(detector.next(key, at(1.0)), Next::Wait(Some(at(0.0) + COMPANY)));
    assert_eq!(detector.next(key, at(0.0) + COMPANY), Next::GiveUp);
}

#[test]
fn trap_52_buckets_take_turns_and_in_each_the_objects() {
    let (mut detector, mut keys) = outage("many", 3);
    keys.push(detector.arrive(&wanted("one", 0), at(10.0)).expect("it has to wait"));
    let mut turns = Vec::new();
    let mut now = at(10.0);
    for _ in 0..6 {
        now = now + 2 * LONGEST_PROBE;
        let probe = keys
            .iter()
            .position(|key| detector.next(*key, now) == Next::Probe)
            .expect("one of them");
        assert!(keys.iter().all(|key| detector.next(*key, now) != Next::Probe), "one at a time");
        detector.probed(keys[probe], Probed::Failed(DENIED), Some(&"refused"), now, |pause| pause);
        turns.push(probe);
    }
    assert_eq!(turns, [0, 3, 1, 3, 2, 3]);
}

#[test]
fn trap_52_a_probe_that_goes_away_is_followed_by_another_at_once() {
    let (mut detector, keys) = outage("b", 3);
    let now = at(10.0) + FIRST_PROBE;
    assert_eq!(detector.next(keys[0], now), Next::Probe);
    assert_eq!(detector.next(keys[1], now), Next::Wait(None));
    let before = detector.revision();
    detector.left(keys[0]);
    assert_ne!(detector.revision(), before, "the others are told");
    assert_eq!(detector.next(keys[1], now), Next::Probe);
}

#[test]
fn trap_52_what_outlives_an_outage_that_others_ended_is_no_evidence_of_another() {
    let (mut detector, keys) = outage("foreign", 3);
    detector.succeeded(at(100.0));
    assert!(
        keys.iter().all(|key| detector.next(*key, at(100.0)) == Next::Ask { after_outage: true })
    );
    keys.iter().for_each(|key| detector.left(*key));
    for n in 0..3 {
        let failure =
            Failure { class: DENIED, error: &"refused", retry_at: None, is_suspect: true };
        let key = detector.failed(&wanted("foreign", n), &failure, at(101.0), |pause| pause);
        assert_eq!(detector.next(key, at(101.0) + DENIED.confirm()), Next::GiveUp);
    }
    assert!(!detector.is_outage());
}

#[test]
fn trap_52_nothing_is_received_but_what_may_tell_that_it_is_over() {
    let (mut denied, keys) = outage("b", 3);
    assert_eq!(denied.receiving(at(10.0)), Receiving::Paused(Some(at(10.0) + FIRST_PROBE)));
    assert_eq!(denied.receiving(at(12.0)), Receiving::One);
    denied.received_one(at(12.0), |pause| pause);
    assert_eq!(denied.receiving(at(12.0)), Receiving::Paused(Some(at(14.0))));
    denied.make_room();
    assert!(
        keys.iter().all(|key| denied.next(*key, at(12.0)) == Next::GiveUp),
        "they are one message's"
    );

    let mut unreachable = Detector::default();
    let held: Vec<_> = (0..3)
        .map(|n| fail(&mut unreachable, &wanted("b", n), OutageClass::Unreachable, at(0.0)))
        .collect();
    assert_eq!(unreachable.receiving(at(10.0)), Receiving::Paused(None));
    held.into_iter().for_each(|key| unreachable.left(key));
    assert_eq!(unreachable.receiving(at(20.0)), Receiving::One, "nothing held can tell");
}

#[test]
fn trap_53_pauses_are_shared_and_grow_until_something_succeeds() {
    let mut detector = Detector::default();
    let mut failure = Failure {
        class: OutageClass::Throttled,
        error: &"SlowDown",
        retry_at: Some(at(0.1)),
        is_suspect: false,
    };
    let key = detector.failed(&wanted("b", 0), &failure, at(0.0), |pause| pause);
    assert_eq!(detector.next(key, at(0.1)), Next::Wait(Some(at(0.2))));
    let other = detector.arrive(&wanted("b", 1), at(0.1)).expect("everybody waits");
    assert_eq!(detector.next(other, at(0.2)), Next::Ask { after_outage: false });
    detector.left(other);
    failure.retry_at = Some(at(0.3));
    detector.failed(&wanted("b", 0), &failure, at(0.2), |pause| pause);
    assert!(detector.arrive(&wanted("b", 1), at(0.5)).is_some());
    detector.succeeded(at(0.55));
    assert!(detector.arrive(&wanted("b", 2), at(0.55)).is_none());
}

#[test]
fn outages_that_come_and_go_are_announced_once_a_minute() {
    let mut detector = Detector::default();
    let mut announced = Vec::new();
    for n in 0..13_u32 {
        let now = at(f64::from(n) * 10.0);
        let class = OutageClass::Unreachable;
        let keys: Vec<_> =
            (0..3).map(|n| fail(&mut detector, &wanted("b", n), class, now)).collect();
        detector.next(keys[0], now + class.confirm());
        detector.succeeded(now + 2 * SECOND);
        keys.into_iter().for_each(|key| detector.left(key));
        for event in detector.take_events() {
            let (Event::Declared { is_announced, .. } | Event::Over { is_announced, .. }) = event;
            announced.push(is_announced);
        }
    }
    assert_eq!(announced.len(), 26, "one begins and ends each time");
    assert_eq!(announced.iter().filter(|told| **told).count(), 6, "{announced:?}");
}

/// What may happen to a detector.
#[derive(Debug, Clone)]
enum Fact {
    Fail { object: u32, class: u8, retries: bool, is_suspect: bool },
    Arrive { object: u32 },
    Succeed,
    Answer,
    Leave { waiter: usize },
    MakeRoom,
    Pass { millis: u64 },
}

fn fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        6 => (0..12_u32, 0..4_u8, any::<bool>(), any::<bool>())
            .prop_map(|(object, class, retries, is_suspect)| {
                Fact::Fail { object, class, retries, is_suspect }
            }),
        3 => (0..12_u32).prop_map(|object| Fact::Arrive { object }),
        1 => Just(Fact::Succeed),
        1 => Just(Fact::Answer),
        2 => (0..8_usize).prop_map(|waiter| Fact::Leave { waiter }),
        1 => Just(Fact::MakeRoom),
        6 => (0..20_000_u64).prop_map(|millis| Fact::Pass { millis }),
    ]
}

fn class(n: u8) -> OutageClass {
    [OutageClass::Unreachable, OutageClass::Throttled, DENIED, OutageClass::Credentials]
        [usize::from(n)]
}

/// Every waiter does what it is told. Probes fail as `probes` says, in turn.
fn settle(
    detector: &mut Detector,
    waiting: &mut Vec<WaiterKey>,
    now: Moment,
) -> Result<usize, TestCaseError> {
    let mut probing = 0;
    let mut left = Vec::new();
    for key in waiting.iter() {
        match detector.next(*key, now) {
            Next::Wait(until) => {
                prop_assert!(until.is_none_or(|until| until > now), "nobody waits for the past");
            }
            Next::Probe => {
                probing += 1;
                prop_assert!(detector.is_outage());
                detector.probed(*key, Probed::Failed(DENIED), Some(&"refused"), now, |pause| pause);
            }
            Next::Ask { .. } | Next::GiveUp => left.push(*key),
        }
    }
    for key in &left {
        detector.left(*key);
    }
    waiting.retain(|key| !left.contains(key));
    Ok(probing)
}

proptest! {
    #[test]
    fn trap_52_whatever_happens_memory_is_bounded_and_everybody_gets_on(
        facts in prop::collection::vec(fact(), 0..200),
    ) {
        let mut detector = Detector::default();
        let mut waiting = Vec::new();
        let mut now = at(0.0);
        for fact in facts {
            match fact {
                Fact::Fail { object, class: n, retries, is_suspect } => {
                    let retry_at = (retries && !class(n).is_refusal()).then_some(now + SECOND);
                    let class = class(n);
                    let failure = Failure { class, error: &"refused", retry_at, is_suspect };
                    let wanted = wanted(&(object % 3).to_string(), object);
                    waiting.push(detector.failed(&wanted, &failure, now, |pause| pause));
                }
                Fact::Arrive { object } => {
                    waiting.extend(detector.arrive(&wanted("b", object), now));
                }
                Fact::Succeed => {
                    detector.succeeded(now);
                    prop_assert!(!detector.is_outage() && detector.remembered() == 0);
                }
                Fact::Answer => detector.answered(now),
                Fact::Leave { waiter } if waiter < waiting.len() => {
                    detector.left(waiting.remove(waiter));
                }
                Fact::Leave { .. } => {}
                Fact::MakeRoom => detector.make_room(),
                Fact::Pass { millis } => now = now + Duration::from_millis(millis),
            }
            prop_assert!(settle(&mut detector, &mut waiting, now)? <= 1, "one probe at a time");
            prop_assert!(detector.remembered() <= 3 * CROWD + 1);
        }
        // Without an outage everybody gets on by the passing of time alone; with one, its probes go
        // on.
        let before = detector.view(now).first().map(|outage| outage.probes);
        for _ in 0..200 {
            now = now + SECOND;
            settle(&mut detector, &mut waiting, now)?;
        }
        match (detector.is_outage(), before) {
            (true, Some(before)) if !waiting.is_empty() => {
                prop_assert!(detector.view(now)[0].probes >= before + 4);
            }
            (true, _) => {}
            (false, _) => prop_assert!(waiting.is_empty(), "{waiting:?}"),
        }
        detector.succeeded(now);
        settle(&mut detector, &mut waiting, now)?;
        settle(&mut detector, &mut waiting, now + 100 * SECOND)?;
        prop_assert!(waiting.is_empty() && detector.is_calm());
        prop_assert_eq!(detector.receiving(now), Receiving::Free);
    }
}
