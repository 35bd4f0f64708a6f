use super::scene::{NOTHING, Scene, seconds};
use crate::tracking::{Answer, Delivery, Disposition, Moment, ObjectEnd};

fn objects(count: usize) -> Disposition<()> {
    Disposition::Objects { count, job: () }
}

#[test]
fn trap_08_a_redelivery_of_a_running_message_replaces_receipt_and_lease() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.at(10.0);
    assert_eq!(scene.receive("a", "r2", 1), NOTHING, "one job");
    assert_eq!(scene.tracker.held(), 1);
    assert_eq!(scene.at(24.9), NOTHING);
    assert_eq!(scene.at(25.0), ["extend m0:r2+30"]);
    scene.answer(Answer::Done);
    scene.done(0);
    assert_eq!(scene.at(26.0), ["delete m0:r2"]);
}

#[test]
fn trap_08_a_redelivery_starts_new_twelve_hours() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    for hour in 1..16 {
        assert_eq!(scene.receive("a", "again", 1), NOTHING);
        let mut at = f64::from(hour - 1) * 3600.0;
        while at < f64::from(hour) * 3600.0 {
            at += 10.0;
            for shown in scene.at(at) {
                assert!(shown.starts_with("extend"), "{shown}");
                scene.answer(Answer::Done);
            }
        }
    }
}

#[test]
fn trap_08_an_answer_about_the_old_receipt_says_nothing_about_the_new() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    assert_eq!(scene.at(15.0), ["extend m0:r1+30"]);
    scene.receive("a", "r2", 1);
    assert_eq!(scene.answer(Answer::Lost), NOTHING, "that lease is lost, ours is not");
    assert_eq!(scene.at(30.0), ["extend m0:r2+30"]);
}

#[test]
fn trap_08_a_redelivery_while_the_delete_is_in_flight_is_deleted_by_its_own_receipt() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.done(0);
    assert_eq!(scene.at(1.0), ["delete m0:r1"]);
    assert_eq!(scene.receive("a", "r2", 1), NOTHING);
    assert_eq!(scene.answer(Answer::Done), NOTHING);
    assert_eq!(scene.at(2.0), ["delete m0:r2"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
}

#[test]
fn trap_08_a_redelivery_reported_with_the_deletes_answer_is_deleted_too() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.done(0);
    scene.at(1.0);
    scene.answer_quietly(Answer::Done);
    assert_eq!(scene.receive("a", "r2", 1), NOTHING, "the delete it confirmed deleted nothing");
    assert_eq!(scene.at(2.0), ["delete m0:r2"]);
}

#[test]
fn trap_08_a_redelivery_of_a_failed_job_keeps_its_lease_and_begins_anew_at_its_end() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.failed(0);
    scene.at(5.0);
    assert_eq!(scene.receive("a", "r2", 2), NOTHING, "the old job goes on");
    assert_eq!(scene.tracker.held(), 1);
    assert_eq!(scene.at(20.0), ["extend m0:r2+30"], "only the new receipt is extended");
    scene.answer(Answer::Done);
    assert_eq!(scene.at(34.9), NOTHING, "and the old job is not cancelled: its message is ours");
    assert_eq!(scene.done(0), ["start m0"], "no release in between");
    assert_eq!(scene.done(0), NOTHING, "one of the new ones");
    scene.done(0);
    assert_eq!(scene.at(36.0), ["delete m0:r2"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Deleted"]);
}

#[test]
fn trap_08_a_job_that_fails_after_the_redelivery_begins_anew_once() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.receive("a", "r2", 1);
    assert_eq!(scene.failed(0), ["start m0"]);
    assert_eq!(scene.failed(0), ["release m0:r2+30"]);
    assert_eq!(scene.answer(Answer::Done), ["end m0 Released(30s)"]);
}

#[test]
fn trap_08_a_redelivery_of_a_cancelled_job_starts_anew_unless_all_went_well() {
    for (end, then, later) in [
        (ObjectEnd::Cancelled, vec!["start m0"], vec![]),
        (ObjectEnd::Done, vec![], vec!["delete m0:r2"]),
    ] {
        let mut scene = Scene::new();
        scene.receive("a", "r1", 1);
        scene.at(15.0);
        assert_eq!(scene.answer(Answer::Lost), ["cancel m0"]);
        assert_eq!(scene.receive("a", "r2", 1), NOTHING);
        assert_eq!(scene.object(0, &end), then);
        assert_eq!(scene.at(16.0), later, "what was done is deleted by the new receipt");
    }
}

#[test]
fn trap_08_the_newest_of_several_redeliveries_begins_anew() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.failed(0);
    scene.receive("a", "r2", 2);
    scene.at(10.0);
    assert_eq!(scene.receive("a", "r3", 1), NOTHING);
    assert_eq!(scene.at(25.0), ["extend m0:r3+30"]);
    scene.answer(Answer::Done);
    assert_eq!(scene.done(0), ["start m0"]);
    scene.done(0);
    assert_eq!(scene.at(26.0), ["delete m0:r3"]);
}

#[test]
fn trap_08_the_newest_deliverys_failure_delay_counts() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    let delivery = Delivery {
        message_id: "a".into(),
        receipt: "r2".into(),
        failure_delay: seconds(60.0),
        disposition: objects(1),
    };
    scene.tracker.received(delivery, Moment::default(), Moment::default());
    assert_eq!(scene.failed(0), ["start m0"]);
    assert_eq!(scene.failed(0), ["release m0:r2+60"]);
}

#[test]
fn trap_45_nothing_begins_anew_once_the_newest_lease_is_lost() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.failed(0);
    scene.receive("a", "r2", 2);
    assert_eq!(scene.at(15.0), ["extend m0:r2+30"]);
    assert_eq!(scene.answer(Answer::Lost), ["cancel m0"]);
    assert_eq!(scene.object(0, &ObjectEnd::Cancelled), ["end m0 LeaseLost"]);
}

#[test]
fn trap_45_a_lease_that_was_not_lost_after_all_lets_the_redelivery_begin() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.failed(0);
    scene.receive("a", "r2", 2);
    assert_eq!(scene.at(15.0), ["extend m0:r2+30"]);
    assert_eq!(scene.at(30.0), ["cancel m0"], "the answer is late");
    assert_eq!(scene.answer(Answer::Done), ["extend m0:r2+30"], "and it was not lost after all");
    assert_eq!(scene.object(0, &ObjectEnd::Cancelled), ["start m0"]);
    assert_eq!(scene.answer(Answer::Lost), ["cancel m0"], "the new work is told too");
}

#[test]
fn trap_44_a_redelivery_asks_nothing_while_the_release_is_in_flight() {
    let mut scene = Scene::new();
    scene.at(100.0);
    scene.receive("a", "r1", 1);
    assert_eq!(scene.failed(0), ["release m0:r1+30"]);
    assert_eq!(
        scene.receive_sent("a", "r2", objects(1), 16.0),
        ["start m0"],
        "due for an extension, but asked for something already"
    );
    assert_eq!(scene.answer(Answer::Done), ["extend m0:r2+30"], "that released nothing of r2");
}

#[test]
fn trap_48_what_is_handed_back_waits_for_the_job_that_runs() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 2);
    scene.failed(0);
    assert_eq!(scene.receive_sent("a", "r2", Disposition::HandBack, 0.0), NOTHING);
    assert_eq!(scene.done(0), ["release m0:r2+0"]);
    scene.receive("b", "r3", 1);
    assert_eq!(scene.receive_sent("b", "r4", Disposition::HandBack, 0.0), NOTHING);
    scene.done(1);
    assert_eq!(scene.at(1.0), ["delete m1:r4"], "all went well");
}

#[test]
fn trap_48_what_is_handed_back_and_comes_again_is_one_message() {
    let mut scene = Scene::new();
    for receipt in ["r1", "r2"] {
        scene.receive_quietly("a", receipt, Disposition::HandBack, 0.0);
    }
    assert_eq!(scene.poll(), ["release m0:r2+0"]);
}

#[test]
fn trap_05_copies_of_what_cannot_be_understood_are_one_message_that_is_kept() {
    let mut scene = Scene::new();
    for receipt in ["r1", "r2"] {
        scene.receive_quietly("a", receipt, Disposition::Unreadable, 0.0);
    }
    assert_eq!(scene.poll(), ["end m0 Kept"]);
}

#[test]
fn trap_09_two_copies_in_one_receive_are_one_message() {
    let mut scene = Scene::new();
    scene.receive_quietly("a", "r1", objects(1), 0.0);
    scene.receive_quietly("a", "r2", objects(1), 0.0);
    assert_eq!(scene.poll(), ["start m0"]);
    scene.done(0);
    assert_eq!(scene.at(1.0), ["delete m0:r2"], "one entry");
}

#[test]
fn trap_07_copies_of_a_finished_message_are_deleted_and_not_done_again() {
    let mut scene = Scene::new();
    scene.receive("a", "r1", 1);
    scene.done(0);
    scene.at(1.0);
    scene.answer(Answer::Done);
    scene.receive_quietly("a", "r2", objects(1), 0.0);
    scene.receive_quietly("a", "r3", objects(1), 0.0);
    assert_eq!(scene.poll(), NOTHING);
    assert_eq!(scene.at(2.0), ["delete m1:r3"]);
}
