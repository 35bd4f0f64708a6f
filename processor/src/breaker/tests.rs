use super::*;
use crate::tracking::Moment;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u32) -> Moment {
    Moment::after_start(seconds * SECOND)
}

fn bucket(name: &str) -> OutageOf {
    OutageOf::Bucket(name.into())
}

fn processor() -> OutageOf {
    OutageOf::Processor("p".into())
}

/// Breakers, and what they are told, without chance.
#[derive(Default)]
struct Scene(Breakers);

impl Scene {
    fn fails(&mut self, of: &OutageOf, class: OutageClass, object: &str, second: u32) {
        let failed = Failed { class, example: object, error: "refused" };
        self.0.failed(of, &failed, at(second), |pause| pause);
    }

    fn judge(&mut self, of: &OutageOf, object: &str, failed_at: u32, now: u32) -> Judged {
        self.0.judge(of, object, at(failed_at), at(now))
    }

    fn may_try(&mut self, of: &OutageOf, now: u32) -> bool {
        self.0.admit(of, true, at(now), |pause| pause).is_ok()
    }

    /// Three objects failed at the second 0, and nothing else happened until the second 5.
    fn down(of: &OutageOf, class: OutageClass) -> Self {
        let mut scene = Self::default();
        ["a", "b", "c"].into_iter().for_each(|object| scene.fails(of, class, object, 0));
        assert_eq!(scene.judge(of, "a", 0, 5), Judged::Down);
        scene
    }

    fn told(&mut self) -> Vec<(bool, bool)> {
        let (events, _) = self.0.take_news();
        let told = |event: &Event| match event {
            Event::Declared { is_announced, .. } => (true, *is_announced),
            Event::Over { is_announced, .. } => (false, *is_announced),
        };
        events.iter().map(told).collect()
    }
}

#[test]
fn trap_52_three_objects_that_fail_alike_while_nothing_succeeds_are_an_outage() {
    for of in [bucket("x"), processor()] {
        let mut scene = Scene::default();
        scene.fails(&of, OutageClass::Denied, "a", 0);
        scene.fails(&of, OutageClass::Denied, "b", 1);
        scene.fails(&of, OutageClass::Denied, "a", 2);
        scene.fails(&of, OutageClass::Throttled, "c", 2);
        assert_eq!(scene.judge(&of, "a", 2, 6), Judged::Unclear(at(7)));
        assert_eq!(scene.judge(&of, "a", 2, 7), Judged::Own, "two of one kind");
        scene.fails(&of, OutageClass::Denied, "d", 8);
        assert_eq!(scene.judge(&of, "d", 8, 8), Judged::Down);
        assert_eq!(scene.0.view(at(9))[0].of, of);
    }
}

#[test]
fn trap_52_what_succeeds_meanwhile_makes_each_failure_its_own() {
    let of = bucket("x");
    let mut scene = Scene::default();
    ["a", "b", "c", "d"]
        .into_iter()
        .for_each(|object| scene.fails(&of, OutageClass::Denied, object, 0));
    assert_eq!(scene.judge(&of, "d", 0, 4), Judged::Unclear(at(5)), "not all are remembered");
    scene.0.succeeded(&bucket("other"), at(4));
    assert_eq!(scene.judge(&of, "d", 0, 4), Judged::Unclear(at(5)));
    scene.0.succeeded(&of, at(4));
    assert_eq!(scene.judge(&of, "a", 0, 4), Judged::Own);
    assert!(scene.0.is_calm() && scene.told().is_empty());
}

#[test]
fn trap_52_one_refusal_of_credentials_is_enough() {
    let mut scene = Scene::default();
    scene.fails(&bucket("x"), OutageClass::Credentials, "a", 0);
    assert_eq!(scene.judge(&bucket("x"), "a", 0, 0), Judged::Down);
}

#[test]
fn trap_52_a_definite_answer_ends_all_but_denials() {
    for class in [OutageClass::Unreachable, OutageClass::Throttled, OutageClass::Denied] {
        let mut scene = Scene::down(&bucket("x"), class);
        scene.0.answered(&bucket("x"), at(6));
        assert_eq!(scene.0.view(at(6)).is_empty(), class != OutageClass::Denied, "{class}");
    }
}

#[test]
fn trap_52_one_of_those_held_tries_at_a_time_after_growing_pauses() {
    let mut scene = Scene::down(&bucket("x"), OutageClass::Denied);
    let tried: Vec<_> = (5..100).filter(|now| scene.may_try(&bucket("x"), *now)).collect();
    assert_eq!(tried, [6, 8, 12, 20, 36, 66, 96]);
    scene.0.succeeded(&bucket("x"), at(100));
    assert!(scene.may_try(&bucket("x"), 100) && scene.may_try(&bucket("x"), 100));
}

#[test]
fn trap_70_fresh_messages_come_after_growing_pauses_and_freely_once_one_fares_well() {
    let mut scene = Scene::down(&bucket("x"), OutageClass::Unreachable);
    let mut came = Vec::new();
    for now in 5..100 {
        if scene.0.receiving(at(now)) == Receiving::One {
            scene.0.received(at(now), |pause| pause);
            came.push(now);
        }
    }
    assert_eq!(came, [6, 8, 12, 20, 36, 66, 96]);
    scene.0.succeeded(&bucket("healthy"), at(100));
    assert_eq!(scene.0.receiving(at(100)), Receiving::Free, "whatever is down");
    scene.0.hold(&bucket("x"), at(101));
    assert_eq!(scene.0.receiving(at(101)), Receiving::Paused(at(102)));
}

#[test]
fn trap_71_that_objects_can_be_read_shows_nothing_while_a_processor_is_down() {
    let mut scene = Scene::down(&processor(), OutageClass::Failing);
    scene.0.succeeded(&bucket("x"), at(6));
    assert_eq!(scene.0.receiving(at(6)), Receiving::One);
    scene.0.succeeded(&processor(), at(6));
    assert_eq!(scene.0.receiving(at(6)), Receiving::Free);
}

#[test]
fn trap_53_who_is_asked_for_less_pauses_longer_each_time_until_something_succeeds() {
    let of = bucket("x");
    let mut scene = Scene::default();
    let mut pauses = Vec::new();
    let mut now = Moment::default();
    for _ in 0..10 {
        let failed = Failed { class: OutageClass::Throttled, example: "a", error: "" };
        scene.0.failed(&of, &failed, now, |pause| pause);
        let until = scene.0.admit(&of, false, now, |pause| pause).unwrap_err();
        pauses.push(until.since(now));
        now = until;
    }
    assert_eq!(pauses[..3], [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]);
    assert_eq!(pauses[9], LONGEST_PAUSE);
    scene.0.succeeded(&of, now);
    assert!(scene.0.is_calm());
}

#[test]
fn trap_52_an_outage_that_comes_and_goes_is_announced_once_a_minute() {
    let of = bucket("x");
    let mut scene = Scene::down(&of, OutageClass::Unreachable);
    scene.0.succeeded(&of, at(6));
    ["a", "b", "c"]
        .into_iter()
        .for_each(|object| scene.fails(&of, OutageClass::Unreachable, object, 10));
    assert_eq!(scene.judge(&of, "a", 10, 15), Judged::Down);
    scene.0.succeeded(&of, at(16));
    assert_eq!(scene.told(), [(true, true), (false, true), (true, false), (false, false)]);
    scene.0.succeeded(&of, at(70));
    assert!(scene.0.is_calm(), "and is forgotten after that");
}

#[test]
fn trap_57_no_more_is_held_and_remembered_than_bounds_allow() {
    let of = bucket("x");
    let mut scene = Scene::default();
    (0..1_000).for_each(|n| scene.fails(&of, OutageClass::Denied, &n.to_string(), 0));
    assert_eq!(scene.0.sizes()[1].1, CROWD);
    assert_eq!(scene.judge(&of, "5", 0, 5), Judged::Down);
    (0..MOST_HELD).for_each(|_| scene.0.hold(&of, at(6)));
    assert_eq!(scene.judge(&of, "5", 0, 6), Judged::Own);
    scene.0.let_go(&of, at(6));
    assert_eq!(scene.judge(&of, "5", 0, 6), Judged::Down);
}
