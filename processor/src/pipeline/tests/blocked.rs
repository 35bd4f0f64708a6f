use super::{SECOND, world::World};
use crate::{
    Context, ProcessError, Record, RecordProcessor,
    runtime::Env,
    testing::{Place, QueueSettings, undelimited},
};
use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

/// Blocks its thread at the tenth record until it is let go.
struct Blocks {
    began: tokio::sync::mpsc::UnboundedSender<u64>,
    let_go: Mutex<mpsc::Receiver<()>>,
}

impl RecordProcessor for Blocks {
    async fn process(&self, record: Record<'_>, _: &Context) -> Result<(), ProcessError> {
        let _ = self.began.send(record.index());
        if record.index() == 9 {
            let _ = self.let_go.lock().expect("one record").recv();
        }
        Ok(())
    }
}

/// On real threads and in real time: nothing can take a blocked thread away, so it is reported, and
/// not waited for. Once it comes back, nothing follows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_79_work_that_blocks_a_thread_past_the_drain_is_abandoned_and_nothing_follows_it() {
    let settings = QueueSettings { visibility_timeout: 2 * SECOND, ..QueueSettings::default() };
    let world = World::with(settings);
    let message = world.file("a", undelimited(100));
    let (began, mut has_begun) = tokio::sync::mpsc::unbounded_channel();
    let (let_go, held) = mpsc::channel();
    let builder = world.builder().processor("blocks", Blocks { began, let_go: Mutex::new(held) });
    let run =
        world.start_in(Env::production(), builder.wait_time(SECOND).drain_timeout(Duration::ZERO));
    for n in 0..=9 {
        assert_eq!(has_begun.recv().await, Some(n));
    }
    run.handle.drain();
    let stats = run.task.await.expect("no panic").expect("it ends although the thread is blocked");
    assert_eq!(
        (stats.messages.abandoned, stats.messages.released, stats.messages.deleted),
        (1, 0, 0)
    );
    assert_ne!(world.queue.place(&message), Place::Deleted);
    drop(let_go);
    assert_eq!(has_begun.recv().await, None);
}
