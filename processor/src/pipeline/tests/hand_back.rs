use super::{SECOND, probe::Act, world::World};
use crate::{
    Limits,
    testing::{Place, undelimited},
};

/// A drain must not burn receive counts: a message that was never begun would be nearer to the
/// dead-letter queue with every deployment.
#[tokio::test(start_paused = true)]
async fn trap_48_a_drain_does_not_receive_again_what_it_hands_back() {
    let world = World::new();
    // Room for one object at a time: the others wait, unbegun.
    let messages: Vec<_> =
        (0..20).map(|n| world.file(&format!("{n}.json"), undelimited(2))).collect();
    let builder = world
        .with_probe(|_| Act::Take(5 * SECOND))
        .limits(Limits::default().buffered_bytes(256 << 10));
    let run = world.start(builder);
    run.until("some wait", || run.handle.stats().held > 5).await;
    let stats = run.stop().await;
    let held = stats.messages.received;
    let receives: Vec<_> = messages.iter().map(|message| world.queue.receives(message)).collect();
    assert_eq!(receives.iter().sum::<u32>() as u64, held, "{receives:?}");
    let back = stats.messages.released;
    assert!(back > 0, "{stats:?}");
    assert_eq!(world.queue.in_place(Place::Visible).len() as u64, 20 - held + back);
    assert_eq!(stats.messages.deleted, held - back);
}
