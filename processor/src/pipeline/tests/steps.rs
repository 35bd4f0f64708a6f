//! Kills a run between any two things that happen.

use super::{SECOND, world::World};
use crate::Builder;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};
use tokio::time::sleep;

/// Something happens.
pub(super) type Happens = Arc<dyn Fn() + Send + Sync>;

/// What is played, anew for each step.
pub(super) struct Case {
    pub(super) world: World,
    pub(super) builder: Box<dyn Fn() -> Builder>,
    /// Where things happen that the world does not know of.
    pub(super) watch: Box<dyn FnOnce(Happens)>,
}

/// Plays the case once for each step at which it may die. Another run takes over then, until all is
/// finished. How many steps there were.
///
/// `check` is asked when a run has died or ended, and when all is finished.
pub(super) async fn dies_at_each(make: impl Fn() -> Case, check: impl Fn(usize, &World)) -> usize {
    for step in 0.. {
        let Case { world, builder, watch } = make();
        let run = world.start(builder());
        let (happened, died) = (AtomicUsize::new(0), Arc::new(AtomicBool::new(false)));
        let is_over = Arc::new(AtomicBool::new(false));
        let (dies, over) = (Arc::clone(&died), Arc::clone(&is_over));
        let (handle, task) = (run.handle.clone(), run.task.abort_handle());
        let happens: Happens = Arc::new(move || {
            if happened.fetch_add(1, Relaxed) == step && !over.load(Relaxed) {
                dies.store(true, Relaxed);
                // Told to give up, or dropped where it stands.
                if step % 2 == 0 { handle.abort() } else { task.abort() }
            }
        });
        watch(Arc::clone(&happens));
        world.trace.watch(move |_, _| happens());
        while !world.queue.is_finished() && !died.load(Relaxed) {
            sleep(SECOND / 100).await;
        }
        is_over.store(true, Relaxed);
        check(step, &world);
        if !died.load(Relaxed) {
            run.stop().await;
            return step;
        }
        drop(run.task.await);
        let run = world.start(builder());
        run.until_finished().await;
        // What died may still be handing back.
        world.last_poll_ends().await;
        run.stop().await;
        assert!(world.queue.is_finished(), "died at step {step}");
        check(step, &world);
    }
    unreachable!("some step is the last")
}
