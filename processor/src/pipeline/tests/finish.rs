//! Objects are cleaned up when their message was deleted.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    steps::{Case, dies_at_each},
    world::World,
};
use crate::{
    BuildErrorKind, Builder, Finish, MemoryQuarantine, Missing, Route,
    port::PortErrorKind,
    testing::{Event, ObjectFault, Place, QueueSettings, undelimited},
};
use tokio::time::sleep;

fn world() -> World {
    World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() })
}

fn deleting(builder: Builder) -> Builder {
    builder.finish(Finish::delete_as_sole_consumer()).missing(Missing::Done)
}

fn done(world: &World) -> Builder {
    world.with_probe(|_| Act::Done)
}

/// When objects were finished.
fn finished(world: &World) -> Vec<std::time::Duration> {
    world.trace.times(|event| matches!(event, Event::Finished { .. }))
}

#[tokio::test(start_paused = true)]
async fn trap_36_an_object_is_deleted_after_its_message_and_not_before() {
    let world = world();
    world.store.answers_after(SECOND / 10);
    let objects: Vec<_> =
        (0..3).map(|n| world.store.put(&format!("{n}"), undelimited(50))).collect();
    let message = world.announce(&objects);
    // One of them fails at first: then nothing is touched.
    let act = |seen: &Seen| match (&*seen.key, seen.index, seen.receive_count) {
        ("1", 7, 1) => Act::Fail,
        _ => Act::Done,
    };
    let stats = world.run(deleting(world.with_probe(act))).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    let deleted = world.trace.times(|event| matches!(event, Event::Deleted { .. }));
    assert!(finished(&world).iter().all(|at| *at >= deleted[0]), "{}", world.trace);
    assert_eq!((finished(&world).len(), world.store.len()), (3, 0));
    assert_eq!((stats.finish.deleted, stats.finish.kept, stats.objects.missing), (3, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_36_what_is_not_done_is_kept() {
    for builder in [
        &(|world: &World| deleting(world.with_probe(|_| Act::Reject))) as &dyn Fn(&World) -> _,
        &|world| deleting(world.with_probe(|_| Act::Reject)).quarantine(MemoryQuarantine::new()),
        &|world| done(world),
    ] {
        let world = world();
        world.file("a", undelimited(5));
        let stats = world.run(builder(&world)).await;
        assert_eq!((finished(&world).len(), world.store.len()), (0, 1));
        assert_eq!(stats.finish, Default::default());
    }
}

#[tokio::test(start_paused = true)]
async fn trap_92_a_newer_object_that_nobody_read_is_never_deleted() {
    for versioned in [false, true] {
        let world = world();
        if versioned {
            world.store.keep_versions();
        }
        let message = world.file("a", undelimited(5));
        let store = world.store.clone();
        // Overwritten after it was read, before it is deleted.
        let act = move |seen: &Seen| {
            if seen.index == 4 {
                store.put("a", "newer");
            }
            Act::Done
        };
        let logs = Logs::gather();
        let stats = world.run(deleting(world.with_probe(act))).await;
        assert_eq!(world.queue.place(&message), Place::Deleted);
        assert_eq!(world.store.versions("a"), [Some("newer".into())], "versions: {versioned}");
        let kept = u64::from(!versioned);
        assert_eq!((stats.finish.deleted, stats.finish.kept), (1 - kept, kept));
        assert_eq!(logs.say(&["s3://data/a", "overwritten", &message]), !versioned);
    }
}

#[tokio::test(start_paused = true)]
async fn trap_36_a_clean_up_that_fails_leaves_an_object_and_loses_no_record() {
    let kinds = [PortErrorKind::Denied, PortErrorKind::Fatal, PortErrorKind::Credentials];
    for kind in kinds {
        let world = world();
        let message = world.file("a", undelimited(5));
        world.store.refuse_to_finish([kind]);
        let logs = Logs::gather();
        let stats = world.run(deleting(done(&world))).await;
        assert_eq!((world.queue.place(&message), world.store.len()), (Place::Deleted, 1));
        assert_eq!((stats.finish.kept, stats.messages.deleted), (1, 1));
        assert!(logs.say(&["s3://data/a", "kept as it is", &message]), "{}", logs.text());
        let advice = logs.say(&["allow s3:DeleteObject"]);
        assert_eq!(advice, kind == PortErrorKind::Denied, "{}", logs.text());
    }
    // What may pass is tried again, four times in all.
    for (failures, left) in [(3, 0), (4, 1)] {
        let world = world();
        world.file("a", undelimited(5));
        world.store.refuse_to_finish(vec![PortErrorKind::Throttled; failures]);
        let run = world.start(deleting(done(&world)));
        run.until_finished().await;
        sleep(20 * SECOND).await;
        let stats = run.stop().await;
        assert_eq!((world.store.len(), stats.finish.kept), (left, left as u64));
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_notification_of_what_was_deleted_finds_nothing_and_says_so() {
    for (missing, place) in [(Missing::Done, Place::Deleted), (Missing::Fail, Place::Dead)] {
        let world = world();
        let announced = world.store.put("a", undelimited(5));
        world.announce(std::slice::from_ref(&announced));
        let builder = || done(&world).finish(Finish::delete_as_sole_consumer()).missing(missing);
        let run = world.start(builder());
        run.until("it is deleted", || world.store.len() == 0).await;
        let second = world.announce(&[announced]);
        run.until_finished().await;
        let stats = run.stop().await;
        assert_eq!(world.queue.place(&second), place);
        assert_eq!(stats.objects.missing, u64::from(missing == Missing::Done));
        assert_eq!((stats.finish.deleted, world.log.seen().len()), (1, 5));
    }
    // One that breaks off is not one that is missing.
    let world = world();
    let message = world.file("a", undelimited(100));
    world.store.fail_in_turn("a", [ObjectFault::Break(10), ObjectFault::Missing]);
    world.run(done(&world).missing(Missing::Done)).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert!(world.all_done(&["p"], "a", 100));
}

#[tokio::test(start_paused = true)]
async fn trap_38_an_object_that_is_missing_when_it_is_read_again_is_not_done() {
    let (world, kept) = (world(), MemoryQuarantine::new());
    let message = world.file("a", undelimited(10));
    let store = world.store.clone();
    let act = move |seen: &Seen| match (seen.index, seen.receive_count) {
        (3, 1) => {
            store.fail("a", ObjectFault::Missing, 1);
            Act::Reject
        }
        (3, _) => Act::Reject,
        _ => Act::Done,
    };
    let builder = world.with_probe(act).missing(Missing::Done).quarantine(kept.clone());
    let stats = world.run(builder).await;
    assert_eq!((world.queue.place(&message), world.queue.receives(&message)), (Place::Deleted, 2));
    assert_eq!((kept.files().len(), stats.objects.missing), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_version_gets_a_tag_beside_its_others() {
    let world = world();
    world.store.keep_versions();
    world.file("a", undelimited(5));
    let run = |world: &World| done(world).finish(Finish::tag("state", "done"));
    let stats = world.run(run(&world)).await;
    assert_eq!(world.store.tags("a"), [("state".to_owned(), "done".to_owned())].into());
    assert_eq!((stats.finish.tagged, stats.finish.kept), (1, 0));
    // Without a version it could be another one by now.
    let world = self::world();
    world.file("a", undelimited(5));
    let logs = Logs::gather();
    let stats = world.run(run(&world)).await;
    assert_eq!((stats.finish.tagged, stats.finish.kept), (0, 1));
    assert!(world.store.tags("a").is_empty() && logs.say(&["let the bucket keep versions"]));
}

#[tokio::test(start_paused = true)]
async fn a_route_says_what_becomes_of_its_objects() {
    let world = world();
    world.file("a/1", undelimited(5));
    world.file("b/1", undelimited(5));
    let deletes = Route::new("a").prefix("a/").finish(Finish::delete_as_sole_consumer());
    let builder = done(&world).route(deletes.missing(Missing::Done)).route(Route::new("rest"));
    let stats = world.run(builder).await;
    assert_eq!((world.store.len(), stats.finish.deleted), (1, 1));
    assert!(world.store.versions("a/1").is_empty());
}

#[test]
fn what_cannot_work_is_refused() {
    let world = || World::new();
    let builder = || Builder::finish(done(&world()), Finish::delete_as_sole_consumer());
    let refused = |builder: Builder, kind, says: &str| {
        let error = builder.build().expect_err(says);
        assert!(error.kind() == kind && error.to_string().contains(says), "{error}");
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime");
    let _inside = runtime.enter();
    refused(builder(), BuildErrorKind::Setting, "missing(Missing::Done)");
    let route = Route::new("r").finish(Finish::delete_as_sole_consumer());
    refused(done(&world()).route(route), BuildErrorKind::Route, "route `r`");
    let skips = Route::skip("s").prefix("s").missing(Missing::Done);
    refused(done(&world()).route(skips), BuildErrorKind::Route, "it skips");
    for (key, value) in [("", "v"), ("aws:k", "v"), ("k", &*"v".repeat(257))] {
        let builder = done(&world()).finish(Finish::tag(key, value));
        refused(builder, BuildErrorKind::Setting, "tag");
    }
    assert!(builder().missing(Missing::Fail).build().is_ok());
}

/// Between any two things that happen: a verdict, the delete of the message, that of the object.
#[tokio::test(start_paused = true)]
async fn trap_36_at_whatever_step_it_dies_no_record_is_lost() {
    let make = || {
        let world = world();
        world.store.answers_after(SECOND / 50);
        let objects: Vec<_> =
            (0..2).map(|n| world.store.put(&format!("{n}"), undelimited(3))).collect();
        world.announce(&objects);
        let played = world.clone();
        Case { world, builder: Box::new(move || deleting(done(&played))), watch: Box::new(|_| ()) }
    };
    let check = |step: usize, world: &World| {
        let is_deleted = !world.queue.in_place(Place::Deleted).is_empty();
        for key in ["0", "1"] {
            let is_there = !world.store.versions(key).is_empty();
            let is_done = world.all_done(&["p"], key, 3);
            assert!(is_done || is_there, "step {step}: {key} is gone\n{}", world.trace);
            assert!(is_deleted || is_there, "step {step}: {key} went before its message");
            assert!(is_done || !is_deleted, "step {step}: {key} is lost\n{}", world.trace);
        }
        assert_eq!(world.queue.in_place(Place::Dead), Vec::<String>::new(), "step {step}");
    };
    let steps = dies_at_each(make, check).await;
    assert!(steps > 20, "{steps}");
}
