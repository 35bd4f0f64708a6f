use super::scene::{NOTHING, Scene};
use crate::tracking::{Answer, Disposition, ObjectEnd, Policy};
use std::time::Duration;

#[test]
fn trap_04_a_message_is_deleted_when_all_its_objects_are_done() {
    let mut scene = Scene::new();
    assert_eq!(scene.receive("a", "r1", 3), ["start m0"]);
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.at(5.0), NOTHING);
    assert_eq!(scene.done(0), NOTHING, "the delete waits for company");
    assert_eq!(scene.at(6.0), ["delete m0:r1"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
    assert_eq!((scene.tracker.held(), scene.tracker.next_poll()), (0, None));
}

#[test]
fn trap_05_nothing_to_do_is_deleted_and_what_cannot_be_understood_is_kept() {
    let mut scene = Scene::new();
    assert_eq!(scene.receive_sent("nothing", "r1", Disposition::Nothing, 0.0), NOTHING);
    assert_eq!(scene.at(1.0), ["delete m0:r1"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
    assert_eq!(scene.receive_sent("riddle", "r2", Disposition::Unreadable, 0.0), ["end m1 Kept"]);
    assert_eq!(scene.at(100.0), NOTHING);
}

#[test]
fn trap_18_no_objects_is_nothing_to_do_and_a_file_without_records_is_done() {
    let mut scene = Scene::new();
    assert_eq!(scene.receive("none", "r1", 0), NOTHING, "not started");
    assert_eq!(scene.receive("empty", "r2", 1), ["start m1"]);
    assert_eq!(scene.done(1), NOTHING);
    assert_eq!(scene.at(1.0), ["delete m0:r1 m1:r2"]);
}

#[test]
fn trap_31_32_failed_stays_failed_and_the_rest_goes_on() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 3);
    assert_eq!(scene.failed(0), NOTHING, "the others are not cancelled");
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"], "the lease is kept for them");
    scene.answer(Answer::Done);
    assert_eq!(scene.done(0), ["release m0:r1+30"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Released(30s)"]);
}

#[test]
fn trap_31_what_is_reported_after_the_end_is_ignored() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.failed(0);
    scene.answer(Answer::Done);
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.tracker.held(), 0);
}

#[test]
fn the_longest_delay_asked_for_counts_in_whole_seconds_within_the_twelve_hours() {
    let after = |millis| ObjectEnd::Failed { retry_after: Some(Duration::from_millis(millis)) };
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.object(0, &after(45_001));
    assert_eq!(scene.object(0, &after(7)), ["release m0:r1+46"]);
    scene.receive("b", "r2", 1);
    let forever = ObjectEnd::Failed { retry_after: Some(Duration::MAX) };
    assert_eq!(
        scene.object(1, &forever),
        ["release m1:r2+43192"],
        "12 h less what the request may take"
    );
}

#[test]
fn trap_33_a_delete_that_fails_is_retried_while_the_lease_lives_and_once_after() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.done(0);
    assert_eq!(scene.at(1.0), ["delete m0:r1"]);
    assert_eq!(scene.answer(Answer::Refused), NOTHING);
    assert_eq!(scene.at(3.0), ["delete m0:r1"]);
    assert_eq!(scene.at(10.0), NOTHING, "one at a time");
    assert_eq!(scene.answer(Answer::Unanswered), NOTHING);
    assert_eq!(scene.at(12.0), ["delete m0:r1"]);
    assert_eq!(scene.at(31.0), NOTHING, "and no extension after the verdict");
    assert_eq!(
        scene.answer(Answer::Refused),
        ["delete m0:r1"],
        "once more, though the lease is over"
    );
    assert_eq!(scene.answer(Answer::Refused), ["end m0 LeaseLost"]);
}

#[test]
fn trap_33_a_finished_message_is_remembered_whatever_its_delete_answered() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.done(0);
    scene.at(1.0);
    assert_eq!(scene.answer(Answer::Lost), ["end m0 LeaseLost"]);
    assert_eq!(scene.receive("a", "r2", 1), NOTHING, "not done again");
    assert_eq!(scene.at(2.0), ["delete m1:r2"]);
    assert_eq!(scene.answer(Answer::Done), ["end m1 Deleted"]);
    assert_eq!(
        scene.receive_sent("a", "r3", Disposition::HandBack, 0.0),
        NOTHING,
        "nor handed back"
    );
    assert_eq!(scene.at(3.0), ["delete m2:r3"]);
}

#[test]
fn a_failed_message_is_not_remembered() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.failed(0);
    scene.answer(Answer::Done);
    assert_eq!(scene.receive("a", "r2", 1), ["start m1"]);
}

#[test]
fn a_delete_does_not_linger_when_no_other_can_come() {
    let mut scene = Scene::with(Policy { slots: 2, ..Policy::default() });
    scene.receive("a", "r1", 1);
    assert_eq!(scene.done(0), NOTHING, "another may be received");
    assert_eq!(scene.receive("b", "r2", 1), ["start m1"], "it may be done soon");
    assert_eq!(scene.done(1), ["delete m0:r1 m1:r2"]);
}

#[test]
fn a_delete_does_not_linger_when_the_lease_is_about_to_end() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.at(15.0);
    scene.at(22.4);
    scene.answer(Answer::Refused);
    assert_eq!(scene.done(0), NOTHING);
    assert_eq!(scene.at(23.4), ["delete m0:r1"]);
}
