use super::scene::{NOTHING, Scene};
use crate::tracking::{Answer, Disposition, Entry, MessageKey, Moment, Policy, Request};
use std::time::Duration;

#[test]
fn trap_34_each_entry_of_a_batch_has_its_own_answer() {
    let mut scene = Scene::new();
    for (id, receipt) in [("a", "r1"), ("b", "r2"), ("c", "r3")] {
        scene.receive(id, receipt, 1);
    }
    (0..3).for_each(|message| drop(scene.done(message)));
    assert_eq!(scene.at(1.0), ["delete m0:r1 m1:r2 m2:r3"]);
    let ends = scene.answer_each(&[Answer::Done, Answer::Refused, Answer::Lost]);
    assert_eq!(ends, ["end m0 Deleted", "end m2 LeaseLost"]);
    assert_eq!(scene.at(3.0), ["delete m1:r2"]);
}

#[test]
fn trap_35_a_stale_receipt_is_a_lost_lease() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    assert_eq!(scene.answer(Answer::Lost), ["cancel m0"]);
    assert_eq!(scene.at(100.0), NOTHING);
    assert_eq!(scene.failed(0), ["end m0 LeaseLost"], "nothing to release");
    scene.receive("b", "r2", 1);
    assert_eq!(scene.failed(1), ["release m1:r2+30"]);
    assert_eq!(scene.answer(Answer::Lost), ["end m1 LeaseLost"]);
}

#[test]
fn trap_43_extensions_go_ten_at_a_time_and_take_along_what_is_due_soon() {
    let mut scene = Scene::new();
    for n in 0..12 {
        scene.receive(&n.to_string(), "r", 1);
    }
    scene.at(3.0);
    scene.receive("soon", "r", 1);
    scene.at(8.0);
    scene.receive("late", "r", 1);
    let sent = scene.at(15.0);
    let sizes: Vec<_> = sent.iter().map(|batch| batch.split(" m").count() - 1).collect();
    assert_eq!(sizes, [10, 3]);
    assert!(sent[1].ends_with("m12:r+30"), "the one that is due 3 s later: {sent:?}");
    scene.answer(Answer::Done);
    scene.answer(Answer::Done);
    assert_eq!(scene.at(29.0), ["extend m13:r+30"]);
}

#[test]
fn deletes_wait_for_company_but_not_for_more_than_ten_nor_in_a_hurry() {
    let mut scene = Scene::new();
    (0..11).for_each(|n| drop(scene.receive(&n.to_string(), "r", 1)));
    (0..9).for_each(|n| assert_eq!(scene.done(n), NOTHING));
    assert_eq!(scene.done(9).len(), 1, "the batch is full");
    assert_eq!(scene.done(10), NOTHING);
    scene.tracker.hurry();
    assert_eq!(scene.poll(), ["delete m10:r"]);
}

#[test]
fn trap_44_one_request_at_a_time_for_each_message() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    assert_eq!(scene.failed(0), NOTHING, "the release waits, or the extension could undo it");
    assert_eq!(scene.at(20.0), NOTHING);
    assert_eq!(scene.answer(Answer::Done), ["release m0:r1+30"]);
}

#[test]
fn trap_44_after_an_unanswered_extension_a_message_is_not_released() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    scene.at(22.5);
    scene.answer(Answer::Unanswered);
    assert_eq!(scene.at(24.0), ["extend m0:r1+30"]);
    scene.answer(Answer::Done);
    scene.done(0);
    assert_eq!(scene.failed(0), ["end m0 LeftToTimeOut"], "the first may still arrive");
}

#[test]
fn an_unanswered_release_is_not_repeated() {
    for disposition in [Disposition::HandBack, Disposition::Objects { count: 1, job: () }] {
        let mut scene = Scene::new();
        let sent = scene.receive_sent("a", "r1", disposition, 0.0);
        if sent == ["start m0"] {
            scene.failed(0);
        }
        assert_eq!(scene.answer(Answer::Unanswered), ["end m0 LeftToTimeOut"]);
    }
}

#[test]
fn an_answer_nobody_waits_for_is_ignored() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    let entry =
        Entry { key: MessageKey(0), delivery: 0, receipt: "r1".into(), term: Duration::ZERO };
    scene.tracker.answered(
        Request::Delete,
        &entry,
        Answer::Done,
        Moment::default(),
        Moment::default(),
    );
    assert_eq!(scene.poll(), NOTHING);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
}

#[test]
fn slots_are_reserved_before_receiving_and_free_at_the_end() {
    let mut scene = Scene::with(Policy { slots: 3, ..Policy::default() });
    assert_eq!((scene.tracker.reserve(10, 0), scene.tracker.reserve(10, 0)), (3, 0));
    scene.tracker.unreserve(3);
    scene.receive("a", "r1", 1);
    scene.receive("b", "r2", 1);
    assert_eq!(scene.tracker.reserve(10, 0), 1);
    scene.tracker.unreserve(1);
    scene.failed(0);
    assert_eq!(scene.tracker.reserve(10, 0), 1, "until the release is answered");
    scene.tracker.unreserve(1);
    scene.answer(Answer::Done);
    assert_eq!(scene.tracker.reserve(10, 0), 2);
}
