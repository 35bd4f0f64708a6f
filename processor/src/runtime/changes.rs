use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::Notify;

/// A revision that many wait for. They are woken in the order in which they began to wait: Tokio's
/// `watch` channel wakes them at random, and who asks first after an outage would differ from run
/// to run of one seed.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    revision: AtomicU64,
    changed: Notify,
}

/// Somebody who waits for changes.
pub(crate) struct Watch {
    changes: Changes,
    seen: u64,
}

impl Changes {
    /// Wakes everybody, if this is news.
    pub(super) fn set(&self, revision: u64) {
        if self.0.revision.swap(revision, Ordering::SeqCst) != revision {
            self.0.changed.notify_waiters();
        }
    }

    pub(super) fn watch(&self) -> Watch {
        Watch { changes: self.clone(), seen: self.get() }
    }

    fn get(&self) -> u64 {
        self.0.revision.load(Ordering::SeqCst)
    }
}

impl Watch {
    /// What changed until now is no news.
    pub(crate) fn look(&mut self) {
        self.seen = self.changes.get();
    }

    /// Completes when there is news.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no news.
    pub(crate) async fn changed(&mut self) {
        loop {
            let changed = self.changes.0.changed.notified();
            tokio::pin!(changed);
            // From here on no call is missed.
            changed.as_mut().enable();
            let revision = self.changes.get();
            if revision != self.seen {
                self.seen = revision;
                return;
            }
            changed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn who_waits_learns_of_each_change_once_and_those_who_looked_do_not() {
        let changes = Changes::default();
        let (mut one, mut other) = (changes.watch(), changes.watch());
        assert_eq!(one.changed().now_or_never(), None);
        changes.set(1);
        other.look();
        assert_eq!(
            (one.changed().now_or_never(), other.changed().now_or_never()),
            (Some(()), None)
        );
        changes.set(1);
        assert_eq!((one.changed().now_or_never(), other.changed().now_or_never()), (None, None));
    }

    #[tokio::test]
    async fn who_waited_first_is_woken_first() {
        let (changes, woken) = (Changes::default(), Arc::new(std::sync::Mutex::new(Vec::new())));
        let wait = |n: usize| {
            let (mut watch, woken) = (changes.watch(), Arc::clone(&woken));
            tokio::spawn(async move {
                watch.changed().await;
                woken.lock().expect("nobody panicked").push(n);
            })
        };
        let all: Vec<_> = (0..20).map(wait).collect();
        tokio::task::yield_now().await;
        changes.set(1);
        for task in all {
            task.await.expect("it does not panic");
        }
        assert_eq!(*woken.lock().expect("nobody panicked"), (0..20).collect::<Vec<_>>());
    }
}
