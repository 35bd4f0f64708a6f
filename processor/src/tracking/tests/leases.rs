use super::scene::{NOTHING, Scene};
use crate::tracking::{Answer, Disposition, Policy};
use std::time::Duration;

const HOUR: f64 = 3600.0;

/// Answers every extension until `until`; says how many there were, and what else happened.
fn keep(scene: &mut Scene, from: u32, until: u32) -> (usize, Vec<String>) {
    let (mut extensions, mut others) = (0, Vec::new());
    for second in from..=until {
        for shown in scene.at(f64::from(second)) {
            if shown.starts_with("extend") {
                extensions += 1;
                others.extend(scene.answer(Answer::Done));
            } else {
                others.push(shown);
            }
        }
    }
    (extensions, others)
}

#[test]
fn trap_39_before_the_twelve_hours_end_work_is_cancelled_and_handed_back() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    let (extensions, others) = keep(&mut scene, 1, 43_170);
    assert_eq!(others, NOTHING);
    assert!(extensions < 160, "terms grow with the work: {extensions} extensions");
    assert_eq!(scene.at(12.0 * HOUR - 20.0), ["cancel m0"]);
    assert_eq!(scene.failed(0), ["release m0:r1+12"], "30 s would be more than is left");
    assert_eq!(scene.answer(Answer::Done), ["end m0 Released(12s)"]);
}

#[test]
fn trap_39_work_that_does_not_stop_is_not_extended_in_ever_smaller_steps() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    keep(&mut scene, 1, 43_170);
    let (extensions, others) = keep(&mut scene, 43_171, 43_300);
    assert_eq!(others, ["cancel m0"]);
    assert!(extensions <= 3, "{extensions} extensions of the last seconds");
    assert_eq!(scene.failed(0), ["end m0 LeaseLost"]);
}

#[test]
fn trap_39_a_lease_of_twelve_hours_cannot_be_extended() {
    let term = Duration::from_secs(12 * 3600);
    let mut scene = Scene::with(Policy { visibility_timeout: term, ..Policy::default() });
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(11.9 * HOUR), NOTHING);
    assert_eq!(scene.at(12.0 * HOUR), ["cancel m0"]);
}

#[test]
fn trap_40_the_lease_counts_from_when_the_receive_was_sent() {
    let mut scene = Scene::new();
    scene.at(100.0);
    let disposition = Disposition::Objects { count: 1, job: () };
    assert_eq!(scene.receive_sent("a", "r1", disposition, 20.0), ["start m0", "extend m0:r1+30"]);
    assert_eq!(scene.at(109.9), NOTHING);
    assert_eq!(scene.at(110.0), ["cancel m0"]);
}

#[test]
fn trap_40_an_extension_counts_from_when_it_was_sent() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(22.0), ["extend m0:r1+30"]);
    scene.answer(Answer::Done);
    assert_eq!(scene.at(29.9), NOTHING);
    assert_eq!(
        scene.at(30.0),
        ["extend m0:r1+30"],
        "half a term after it was sent at 15 s, not after the answer"
    );
}

#[test]
fn trap_41_a_message_that_waits_for_its_turn_is_extended_too() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    let (extensions, others) = keep(&mut scene, 1, 600);
    assert_eq!(others, NOTHING);
    assert!((5..30).contains(&extensions), "{extensions}");
}

#[test]
fn trap_45_a_lost_lease_cancels_the_work_and_is_not_its_end() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.at(15.0);
    assert_eq!(scene.at(30.0), ["cancel m0"], "the extension was not answered in time");
    assert_eq!(scene.tracker.held(), 1, "the slot is not free while work runs");
    scene.done(0);
    assert_eq!(scene.done(0), NOTHING, "the extension is still in flight");
    assert_eq!(
        scene.answer(Answer::Unanswered),
        ["delete m0:r1"],
        "everything had succeeded anyway"
    );
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
}

#[test]
fn trap_45_the_delete_after_a_lost_lease_is_tried_once() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.at(15.0);
    assert_eq!(scene.answer(Answer::Lost), ["cancel m0"]);
    assert_eq!(scene.done(0), ["delete m0:r1"]);
    assert_eq!(scene.answer(Answer::Refused), ["end m0 LeaseLost"]);
}

#[test]
fn trap_45_a_message_that_comes_too_late_is_not_begun() {
    let mut scene = Scene::new();
    scene.at(100.0);
    let disposition = Disposition::Objects { count: 1, job: () };
    assert_eq!(scene.receive_sent("a", "r1", disposition, 31.0), ["end m0 LeaseLost"]);
}

#[test]
fn trap_77_a_doubt_ends_when_the_request_cannot_arrive_any_more() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    scene.at(22.5);
    scene.answer(Answer::Unanswered);
    let (extensions, others) = keep(&mut scene, 23, 4 * 3600);
    assert_eq!(others, NOTHING);
    assert!(extensions < 100, "{extensions}: ten minutes of short terms, then long ones");
    let shown = scene.failed(0);
    assert_eq!(shown, ["release m0:r1+30"], "nothing can undo it any more");
}

#[test]
fn refused_extensions_are_sent_again_after_a_pause() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    scene.answer(Answer::Refused);
    assert_eq!(scene.at(15.9), NOTHING);
    assert_eq!(scene.at(16.0), ["extend m0:r1+30"]);
    scene.answer(Answer::Done);
    assert_eq!(scene.at(30.9), NOTHING);
}

#[test]
fn trap_48_after_the_verdict_there_is_no_extension() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.failed(0);
    assert_eq!(scene.answer(Answer::Refused), NOTHING);
    assert_eq!(scene.at(2.0), ["release m0:r1+30"]);
    assert_eq!(scene.at(29.0), NOTHING);
    scene.answer(Answer::Refused);
    assert_eq!(scene.at(29.99), NOTHING);
    assert_eq!(scene.at(31.0), ["end m0 LeaseLost"], "the timeout brings it back");
}
