use super::scene::{NOTHING, Scene};
use crate::tracking::{Answer, Disposition, Moment, ObjectEnd};
use std::time::Duration;

#[test]
fn trap_47_extensions_go_on_and_deletes_finish_while_draining() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.tracker.hurry();
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    scene.answer(Answer::Done);
    scene.done(0);
    assert_eq!(scene.done(0), ["delete m0:r1"], "at once");
    assert_eq!(scene.tracker.held(), 1);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
}

#[test]
fn trap_48_what_was_not_started_is_handed_back_at_once() {
    let mut scene = Scene::new();
    assert_eq!(scene.receive_sent("late", "r1", Disposition::HandBack, 0.0), ["release m0:r1+0"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Released(0ns)"]);
    scene.receive("a", "r2", 2);
    assert_eq!(
        scene.object(1, &ObjectEnd::NotStarted),
        ["cancel m1"],
        "it cannot succeed any more"
    );
    assert_eq!(scene.object(1, &ObjectEnd::Cancelled), ["release m1:r2+0"]);
}

#[test]
fn abandoned_work_is_neither_released_nor_deleted_and_nothing_is_held_any_more() {
    let mut scene = Scene::new();
    scene.receive("stuck", "r1", 1);
    scene.receive("failed", "r2", 1);
    scene.failed(1);
    scene.receive("half", "r3", 2);
    scene.failed(2);
    scene.receive("half", "r4", 2);
    let ends = scene.abandon();
    assert_eq!(ends, ["end m0 Abandoned", "end m1 LeftToTimeOut", "end m2 Abandoned"]);
    assert_eq!((scene.poll(), scene.tracker.held()), (vec![], 0));
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.answer(Answer::Done), NOTHING);
    assert_eq!(scene.at(100.0), NOTHING);
}

#[test]
fn work_reported_but_not_begun_is_not_begun_after_being_abandoned() {
    let mut scene = Scene::new();
    scene.receive_quietly("a", "r1", Disposition::Objects { count: 1, job: () }, 0.0);
    assert_eq!(scene.abandon(), ["end m0 LeftToTimeOut"]);
    assert_eq!(scene.poll(), NOTHING);
}

#[test]
fn trap_48_what_is_handed_back_is_not_visible_while_the_own_receive_is_open() {
    let mut scene = Scene::new();
    scene.tracker.hand_back_at(Moment::after_start(Duration::from_millis(12_500)));
    assert_eq!(scene.receive_sent("late", "r1", Disposition::HandBack, 0.0), ["release m0:r1+13"]);
    scene.receive("failed", "r2", 1);
    assert_eq!(scene.failed(1), ["release m1:r2+30"], "that comes back later anyway");
    scene.at(14.0);
    assert_eq!(scene.receive_sent("later", "r3", Disposition::HandBack, 0.0), ["release m2:r3+0"]);
}
