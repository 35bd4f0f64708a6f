//! Which objects go to which decoders and processors, and which are left alone.

use super::{probe::Act, world::World};
use crate::{
    BuildErrorKind, Builder, Limits, Route, Unmatched,
    decode::{Decoder, lines},
    testing::{Announced, Event, Place, QueueSettings},
};

/// Processors `a` and `b`.
fn two(world: &World) -> Builder {
    ["a", "b"].into_iter().fold(world.builder(), |builder, name| {
        builder.processor(name, world.probe(name, |_| Act::Done))
    })
}

/// What each processor got, as `processor key payload`, in some order.
fn seen(world: &World) -> Vec<String> {
    let mut seen: Vec<_> = world
        .log
        .seen()
        .iter()
        .map(|seen| format!("{} {} {}", seen.processor, seen.key, seen.payload))
        .collect();
    seen.sort();
    seen
}

#[tokio::test(start_paused = true)]
async fn trap_19_by_products_are_skipped_and_the_rest_goes_where_its_route_says() {
    let world = World::new();
    let put = |key: &str, bytes: &str| world.store.put(key, bytes.to_owned());
    let message = world.announce(&[
        put("folder/", ""),
        put("jobs/_SUCCESS", ""),
        put("lines/one.log", "1\n2\n"),
        put("json/two", "{\"n\":1}{\"n\":2}"),
        put("other", "7 8"),
    ]);
    let only_skipped = world.announce(&[put("jobs/2/_SUCCESS", "")]);
    let builder = two(&world)
        .route(Route::skip("folders").suffix("/").empty())
        .route(Route::skip("markers").keys("**/_SUCCESS"))
        .route(Route::new("lines").prefix("lines/").decoder(lines()).processors(["b"]))
        .route(Route::new("json").keys("json/*").processors(["b", "a"]))
        .route(Route::new("rest").processors(["a"]));
    let stats = world.run(builder).await;
    assert_eq!(
        seen(&world),
        [
            "a json/two {\"n\":1}",
            "a json/two {\"n\":2}",
            "a other 7",
            "a other 8",
            "b json/two {\"n\":1}",
            "b json/two {\"n\":2}",
            "b lines/one.log 1",
            "b lines/one.log 2",
        ]
    );
    for message in [&message, &only_skipped] {
        assert_eq!(world.queue.place(message), Place::Deleted);
    }
    let opened = |key: &str| {
        world.trace.count(|event| matches!(event, Event::Opened { object } if object == key))
    };
    assert_eq!((opened("folder/"), opened("jobs/_SUCCESS"), opened("other")), (0, 0, 1));
    let routes = |of: fn(&crate::RouteStats) -> u64| -> Vec<_> {
        stats.routes.iter().map(|(name, route)| (name.as_str(), of(route))).collect()
    };
    assert_eq!(
        routes(|route| route.done),
        [("folders", 0), ("json", 1), ("lines", 1), ("markers", 0), ("rest", 1)]
    );
    assert_eq!(
        routes(|route| route.skipped),
        [("folders", 1), ("json", 0), ("lines", 0), ("markers", 2), ("rest", 0)]
    );
    assert_eq!((stats.objects.skipped, stats.objects.done), (3, 3));
    assert_eq!((stats.messages.without_objects, stats.messages.deleted), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn trap_19_what_no_route_matches_is_kept_unless_told_otherwise() {
    for unmatched in [Unmatched::Keep, Unmatched::Skip] {
        let world =
            World::with(QueueSettings { max_receives: Some(2), ..QueueSettings::default() });
        let mine = world.store.put("mine/1", "1");
        let strange = world.announce(&[mine, world.store.put("strange", "2")]);
        let plain = world.file("mine/2", "3");
        let builder = two(&world).route(Route::new("mine").prefix("mine/")).unmatched(unmatched);
        let stats = world.run(builder).await;
        assert_eq!(world.queue.place(&plain), Place::Deleted);
        let (place, unreadable, skipped, records) = match unmatched {
            // A message can only be deleted as a whole, so nothing of it is done.
            Unmatched::Keep => (Place::Dead, 2, 0, 2),
            Unmatched::Skip => (Place::Deleted, 0, 1, 4),
        };
        assert_eq!(world.queue.place(&strange), place);
        assert_eq!((stats.messages.unreadable, stats.objects.skipped), (unreadable, skipped));
        assert_eq!(seen(&world).len(), records, "{:?}", seen(&world));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_record_fails_its_object_for_the_processors_of_its_route_only() {
    let world = World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() });
    let bad = world.file("b/1", "1 2 3");
    let good = world.file("a/1", "1 2 3");
    let builder = world
        .builder()
        .processor("a", world.probe("a", |_| Act::Done))
        .processor("b", world.probe("b", |_| Act::Reject))
        .route(Route::new("to a").prefix("a/").processors(["a"]))
        .route(Route::new("to b").prefix("b/").processors(["b"]));
    let stats = world.run(builder).await;
    assert_eq!(world.queue.place(&bad), Place::Dead);
    assert_eq!(world.queue.place(&good), Place::Deleted);
    assert_eq!((stats.processors["a"].done, stats.processors["a"].failed), (3, 0));
    assert_eq!((stats.processors["b"].done, stats.processors["b"].failed), (0, 9));
    assert_eq!((stats.routes["to a"].done, stats.routes["to b"].failed), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_route_has_limits_of_its_own_and_refuses_for_its_own_processors() {
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    let long = "x".repeat(100);
    world.file("short/1", format!("\"{long}\" 1"));
    world.file("any/1", format!("\"{long}\" 1"));
    let builder = two(&world)
        .limits(Limits::default().record_bytes(1_000))
        .route(Route::new("short").prefix("short/").record_bytes(50).processors(["a"]))
        .route(Route::new("any").processors(["b"]));
    let stats = world.run(builder).await;
    assert_eq!((stats.routes["short"].failed, stats.routes["any"].done), (1, 1));
    assert_eq!((stats.processors["a"].done, stats.processors["b"].done), (1, 2));
    assert_eq!(stats.objects.records_refused, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_shows_its_route_and_the_processors_of_it() {
    let world = World::new();
    world.file("a/1", "1 2 3");
    let builder = world
        .builder()
        .processor("a", world.probe("a", |_| Act::Forever))
        .processor("b", world.probe("b", |_| Act::Done))
        .route(Route::new("first").prefix("a/").processors(["a"]))
        .route(Route::new("second"));
    let run = world.start(builder);
    run.until("it is begun", || world.log.running() == 3).await;
    let in_flight = run.handle.in_flight();
    assert_eq!(in_flight.len(), 1);
    assert_eq!(in_flight[0].route.as_deref(), Some("first"));
    assert_eq!((in_flight[0].records, &in_flight[0].waiting_for[..]), (3, &["a".to_owned()][..]));
    assert_eq!(in_flight[0].settled.keys().collect::<Vec<_>>(), ["a"]);
    run.handle.abort();
    run.end().await.expect("it ends well");
}

#[tokio::test(start_paused = true)]
async fn the_size_is_the_one_that_is_announced() {
    let world = World::new();
    let now_larger = Announced { size: 1, ..world.store.put("a", "\"0123456789\"") };
    world.announce(&[now_larger, world.store.put("b", "\"0123456789\"")]);
    let builder = two(&world).route(Route::skip("small").size(..10)).route(Route::new("rest"));
    let stats = world.run(builder).await;
    assert_eq!(stats.objects.skipped, 1);
    assert_eq!(seen(&world), ["a b \"0123456789\"", "b b \"0123456789\""]);
}

/// Announced twice at the same time, with sizes that lead to different routes.
#[tokio::test(start_paused = true)]
async fn what_is_done_by_one_route_is_not_done_by_another() {
    let world = World::new();
    let announced = world.store.put("k", "1");
    let messages = [
        world.announce(std::slice::from_ref(&announced)),
        world.announce(&[Announced { size: 100, ..announced.clone() }]),
        world.announce(&[announced]),
    ];
    let act = |_: &super::probe::Seen| Act::Take(std::time::Duration::from_secs(5));
    let builder = world
        .builder()
        .processor("a", world.probe("a", act))
        .processor("b", world.probe("b", act))
        .route(Route::new("small").size(..10).processors(["a"]))
        .route(Route::new("large").processors(["b"]));
    let stats = world.run(builder).await;
    assert_eq!(seen(&world), ["a k 1", "b k 1"]);
    assert_eq!((stats.objects.duplicates, stats.messages.deleted), (1, 3));
    messages.iter().for_each(|message| assert_eq!(world.queue.place(message), Place::Deleted));
}

#[test]
fn what_cannot_work_is_refused_with_the_name_of_its_route() {
    let world = World::new();
    let refused = |routes: Vec<Route>, expected: &str| {
        let builder = routes.into_iter().fold(two(&world), Builder::route);
        let error = builder.allowed_buckets(["data"]).build().expect_err(expected);
        assert_eq!(error.kind(), BuildErrorKind::Route, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    let rest = || Route::new("rest");
    refused(vec![Route::new("")], "route 1: a name is 1 to 128");
    refused(vec![rest().prefix("a"), rest()], "route `rest`: two routes have this name");
    refused(vec![Route::new("x").keys("[a")], "route `x`: keys: error parsing glob '[a'");
    refused(vec![Route::new("x").regex("*")], "route `x`: regex: regex parse error");
    refused(vec![Route::new("x").prefix("s3://data/a")], "give the key alone");
    refused(vec![Route::new("x").bucket("other")], "`other` is not one of allowed_buckets");
    refused(
        vec![rest(), Route::new("x").prefix("a")],
        "route `x`: no object comes to it, as `rest`",
    );
    refused(vec![Route::new("x").processors(["c"])], "no processor `c`; there are: a, b");
    refused(vec![Route::new("x").processors(["a", "a"])], "names the processor `a` twice");
    refused(vec![Route::new("x").processors([""; 0])], "names no processor");
    refused(vec![Route::new("x").record_bytes(0)], "route `x`: limits.record_bytes is 0");
    refused(vec![Route::skip("x").suffix("/").decoder(lines())], "`x`: it skips its objects");
    refused(vec![Route::skip("x").suffix("/").failed_records(1)], "`x`: it skips its objects");
    refused(vec![Route::skip("x").suffix("/")], "no route leads to the processor `a`");
    refused(vec![rest().processors(["a"])], "no route leads to the processor `b`");
    let built = two(&world).route(rest().decoder(lines())).build();
    assert!(built.is_ok());
    assert_eq!(lines().identity(), "lines");
}
