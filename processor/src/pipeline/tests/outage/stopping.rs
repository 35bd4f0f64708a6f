//! Stopping while an outage lasts.

use super::{
    HOUR, SECOND,
    world::{declared, files, slow_files, start, world},
};
use crate::{State, port::PortErrorKind, testing::Place};
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn trap_52_draining_hands_what_is_held_back_at_once() {
    for kind in [
        PortErrorKind::Transient,
        PortErrorKind::Denied,
        PortErrorKind::Credentials,
        PortErrorKind::Throttled,
    ] {
        let world = world();
        let messages = files(&world, "a", 12);
        world.store.refuse("", kind);
        let run = start(&world);
        declared(&run).await;
        sleep(HOUR).await;
        let began = Instant::now();
        run.handle.drain();
        assert_eq!(run.handle.state(), State::Draining);
        let stats = run.end().await.expect("it ends well");
        assert!(began.elapsed() <= 2 * SECOND, "{:?}", began.elapsed());
        world.last_poll_ends().await;
        assert_eq!((stats.messages.released, stats.messages.deleted), (12, 0));
        assert!(
            messages.iter().all(|message| world.queue.place(message) == Place::Visible),
            "released, not left"
        );
        assert!(messages.iter().all(|message| world.queue.receives(message) == 1));
    }
}

#[tokio::test(start_paused = true)]
async fn trap_52_draining_hands_back_what_the_outage_cut_in_the_middle() {
    let world = world();
    let messages = slow_files(&world, 4);
    let run = start(&world);
    sleep(10 * SECOND).await;
    world.store.cut(true);
    declared(&run).await;
    // What was read is worked on to its end.
    sleep(HOUR).await;
    assert_eq!(world.log.running(), 0);
    let began = Instant::now();
    let stats = run.stop().await;
    assert!(began.elapsed() <= 2 * SECOND, "{:?}", began.elapsed());
    world.last_poll_ends().await;
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Visible));
    assert_eq!((stats.messages.released, stats.objects.cancelled, stats.objects.failed), (4, 4, 0));
}

#[tokio::test(start_paused = true)]
async fn trap_52_aborting_ends_at_once() {
    let world = world();
    let messages = files(&world, "a", 12);
    world.store.refuse("", PortErrorKind::Transient);
    let run = start(&world);
    declared(&run).await;
    sleep(HOUR).await;
    let began = Instant::now();
    run.handle.abort();
    run.end().await.expect("it ends well");
    assert!(began.elapsed() <= 2 * SECOND, "{:?}", began.elapsed());
    world.last_poll_ends().await;
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Visible));
}

#[tokio::test(start_paused = true)]
async fn trap_52_dropping_the_run_during_an_outage_hands_everything_back() {
    let world = world();
    let messages = files(&world, "a", 12);
    world.store.refuse("", PortErrorKind::Throttled);
    let run = start(&world);
    declared(&run).await;
    run.task.abort();
    assert!(run.task.await.unwrap_err().is_cancelled());
    sleep(30 * SECOND).await;
    assert!(messages.iter().all(|message| world.queue.receives(message) <= 1));
    assert!(messages.iter().all(|message| world.queue.place(message) == Place::Visible));
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}
