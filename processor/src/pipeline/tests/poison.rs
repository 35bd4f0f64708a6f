//! What always fails, beside traffic that is well: the rest keeps its throughput, nothing is kept
//! of it, and it does not flood the log. In virtual time, so that only the library's own waiting
//! counts; CPU is measured by `cargo figures poison`.

use super::{
    SECOND,
    logs::Logs,
    probe::{Act, Seen},
    world::World,
};
use crate::{
    Limits, ProcessorOptions, Redelivery,
    port::PortErrorKind,
    testing::{ObjectFault, QueueSettings, Trace, gzip, notification, undelimited},
};
use std::time::Duration;
use tokio::time::Instant;

const WORK: Duration = Duration::from_millis(100);
/// Messages that are well, each with an object of so many records.
const HEALTHY: u32 = 4_000;
const RECORDS: usize = 4;
/// Messages of one kind of poison: one in a hundred at first. What comes back does so after a
/// second.
const POISON: u32 = 40;

/// What a pipeline reaches first: its message slots, or a processor's concurrency.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Slots,
    Concurrency,
}

#[derive(Debug, Clone, Copy)]
enum Poison {
    /// The message is no notification.
    Body,
    Object(ObjectFault),
    /// The object is a gzip file without its end.
    Truncated,
    /// One of the object's records fails so.
    Record(Act),
    /// All of them do.
    Records(Act),
}

const KINDS: [Poison; 9] = [
    Poison::Body,
    Poison::Truncated,
    Poison::Object(ObjectFault::Missing),
    Poison::Object(ObjectFault::Denied),
    Poison::Object(ObjectFault::Checksum),
    Poison::Object(ObjectFault::Panic),
    Poison::Record(Act::Fail),
    Poison::Record(Act::TakeAndFail(WORK)),
    Poison::Records(Act::Panic),
];

impl Poison {
    fn send(self, world: &World, key: &str, delay: Duration) {
        let body = match self {
            Self::Body => "{\"not\": \"a notification\"}".into(),
            Self::Truncated => {
                let mut bytes = gzip(undelimited(RECORDS).as_bytes());
                bytes.truncate(bytes.len() - 4);
                notification(&[world.store.put(key, bytes)])
            }
            _ => notification(&[world.store.put(key, undelimited(RECORDS))]),
        };
        if let Self::Object(fault) = self {
            world.store.fail(key, fault, usize::MAX);
        }
        world.queue.send_after(delay, body);
    }

    fn act(self, seen: &Seen) -> Act {
        match self {
            _ if !seen.key.starts_with("poison") => Act::Take(WORK),
            Self::Record(act) if seen.index == 1 => act,
            Self::Records(act) => act,
            _ => Act::Take(WORK),
        }
    }
}

/// How long the healthy messages took, beside poison or alone.
async fn healthy_took(bound: Bound, poison: Option<Poison>) -> Duration {
    let world = World::new();
    let (slots, concurrency) = match bound {
        Bound::Slots => (100, 1_024),
        Bound::Concurrency => (200, 160),
    };
    // They come a little faster than they can be worked on, so that there always is a choice of
    // what to do next.
    let pace = WORK * RECORDS as u32 / concurrency.min(RECORDS * slots) as u32 * 9 / 10;
    for n in 0..HEALTHY {
        let announced = world.store.put(&n.to_string(), undelimited(RECORDS));
        world.queue.send_after(pace * n, notification(&[announced]));
    }
    for n in (0..POISON).filter(|_| poison.is_some()) {
        poison.expect("there is some").send(
            &world,
            &format!("poison/{n}"),
            pace * n * (HEALTHY / POISON),
        );
    }
    let act = move |seen: &Seen| poison.map_or(Act::Take(WORK), |poison| poison.act(seen));
    let options = ProcessorOptions::default().concurrency(concurrency);
    let builder = world.builder().processor_with("p", options, world.probe("p", act));
    let began = Instant::now();
    let builder = builder.redelivery(Redelivery::backoff(SECOND, SECOND));
    let run = world.start(builder.limits(Limits::default().messages(slots)));
    run.until("the healthy are done", || run.handle.stats().messages.deleted == u64::from(HEALTHY))
        .await;
    let took = began.elapsed();
    run.handle.abort();
    let stats = run.end().await.expect("it ends well");
    let others = stats.messages.received - u64::from(HEALTHY);
    assert!(
        others >= poison.map_or(0, |_| u64::from(POISON)),
        "only {others} deliveries of {poison:?}"
    );
    took
}

#[allow(clippy::print_stdout, reason = "a measurement, shown with --nocapture")]
async fn keeps_its_throughput(bound: Bound) {
    let alone = healthy_took(bound, None).await;
    let mut slow = Vec::new();
    for poison in KINDS {
        let beside = healthy_took(bound, Some(poison)).await;
        let ratio = alone.as_secs_f64() / beside.as_secs_f64();
        println!(
            "{bound:?}, beside {poison:?}: {ratio:.3} of the throughput alone ({alone:?}, \
             {beside:?})"
        );
        if ratio < 0.9 {
            slow.push((poison, ratio));
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

#[tokio::test(start_paused = true)]
async fn beside_poison_the_rest_keeps_its_throughput_if_slots_are_scarce() {
    keeps_its_throughput(Bound::Slots).await;
}

#[tokio::test(start_paused = true)]
async fn beside_poison_the_rest_keeps_its_throughput_if_concurrency_is_scarce() {
    keeps_its_throughput(Bound::Concurrency).await;
}

/// A hundred deliveries of five messages that always fail, without a dead-letter queue.
#[tokio::test(start_paused = true)]
async fn nothing_is_kept_of_what_fails_again_and_again() {
    let world = World::traced_by(Trace::forgetful(), QueueSettings::default());
    world.store.refuse("poison/denied", PortErrorKind::Denied);
    let kinds = [
        Poison::Body,
        Poison::Truncated,
        Poison::Record(Act::Fail),
        Poison::Records(Act::Panic),
        Poison::Record(Act::Done),
    ];
    let names = ["body", "truncated", "record", "records", "denied"];
    for (kind, name) in kinds.into_iter().zip(names) {
        kind.send(&world, &format!("poison/{name}"), Duration::ZERO);
    }
    let act = |seen: &Seen| match seen.key.as_str() {
        "poison/record" => Poison::Record(Act::Fail).act(seen),
        "poison/records" => Act::Panic,
        _ => Act::Done,
    };
    let env = world.env(0);
    env.watch_sizes();
    let run = world.start_in(env, world.with_probe(act));
    run.until("they came back often", || run.handle.stats().messages.received >= 500).await;
    for (name, kept) in run.env.kept() {
        let most = match name {
            "control: requests" => 10,
            "outage: evidence" => 1,
            "tracker: remembered" => 0,
            _ => 5,
        };
        assert!(kept.most <= most, "{name}: {kept:?}");
    }
    let stats = run.stop().await;
    assert_eq!((stats.messages.deleted, stats.outages.declared), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn lines_in_the_log_do_not_grow_with_failed_records() {
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    world.file("a", undelimited(900));
    let one = |seen: &Seen| if seen.index == 800 { Act::Fail } else { Act::Done };
    let builder = world.builder().processor("all", world.probe("all", |_| Act::Panic));
    let logs = Logs::gather();
    world.run(builder.processor("one", world.probe("one", one))).await;
    assert_eq!(logs.count(&["record failed", "processor=\"all\""]), 5, "{}", logs.text());
    assert!(logs.say(&[
        "record failed",
        "processor=\"one\"",
        "s3://data/a",
        "index=800",
        "record_id=",
        "told to fail"
    ]));
    assert!(
        logs.say(&["object failed", "s3://data/a", "failed_records=901", "all=900, one=1"]),
        "{}",
        logs.text()
    );
    assert!(logs.text().lines().count() < 12, "{}", logs.text());
}

#[tokio::test(start_paused = true)]
async fn trap_87_each_line_about_an_object_has_the_id_of_its_message() {
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    world.file("record", undelimited(9));
    world.file("truncated", undelimited(9)[..50].to_owned());
    let message = world.file("denied", undelimited(9));
    world.store.refuse("denied", PortErrorKind::Denied);
    let logs = Logs::gather();
    let limits = Limits::default().failed_records(3);
    let probe = world.probe("all", |_| Act::Reject);
    world.run(world.builder().limits(limits).processor("all", probe)).await;
    let text = logs.text();
    for said in ["record failed", "object failed", "could not be read", "too many records"] {
        assert!(logs.say(&[said, "message_id="]), "{said}: {text}");
    }
    let mut about_objects = text.lines().filter(|line| line.contains("s3://"));
    assert!(about_objects.all(|line| line.contains("message_id=")), "{text}");
    assert!(logs.say(&["could not be read", &message, "reason=\"Denied\""]), "{text}");
}

#[tokio::test(start_paused = true)]
async fn lines_in_the_log_do_not_grow_with_failed_messages() {
    let world = World::with(QueueSettings { max_receives: Some(1), ..QueueSettings::default() });
    (0..2_000).for_each(|n| drop(world.file(&n.to_string(), undelimited(1))));
    let logs = Logs::gather();
    // Errors that may pass would be an outage of the processor.
    let run = world.start(world.with_probe(|_| Act::Reject));
    run.until_finished().await;
    assert_eq!((logs.count(&["record failed"]), logs.count(&["object failed"])), (100, 100));
    assert_eq!(logs.count(&["too many lines"]), 2, "{}", logs.text());
    tokio::time::sleep(60 * SECOND).await;
    world.file("later", undelimited(1));
    run.until_finished().await;
    assert!(logs.say(&["record failed", "s3://data/later", "withheld=1900"]), "{}", logs.text());
    run.stop().await;
}
