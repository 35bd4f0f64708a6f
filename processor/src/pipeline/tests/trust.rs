//! Notifications that somebody forged.

use super::{probe::Act, world::World};
use crate::testing::{Announced, Event, Op, Place, QueueSettings, undelimited};

#[tokio::test(start_paused = true)]
async fn trap_10_nothing_is_read_of_a_message_that_names_a_foreign_bucket() {
    let world = World::with(QueueSettings { max_receives: Some(3), ..QueueSettings::default() });
    let ours = world.store.put("ours", undelimited(2));
    let theirs = Announced { bucket: "payroll".into(), ..ours.clone() };
    let forged = world.announce(&[ours, theirs]);
    let honest = world.file("honest", undelimited(3));
    let builder = world.with_probe(|_| Act::Done).allowed_buckets(["data"]);
    let stats = world.run(builder).await;
    assert_eq!((world.queue.place(&forged), world.queue.receives(&forged)), (Place::Dead, 3));
    assert_eq!(world.queue.place(&honest), Place::Deleted);
    assert_eq!(world.trace.asked(Op::Delete), 1);
    let opened: Vec<_> = world.log.seen().iter().map(|seen| seen.key.clone()).collect();
    assert!(opened.iter().all(|key| key == "honest"), "{opened:?}");
    assert_eq!((stats.messages.unreadable, stats.messages.deleted), (3, 1));
    assert!(world.trace.count(|event| matches!(event, Event::Settled { .. })) == 3);
}
