use super::World;
use crate::{Ack, Builder, Context, DeferredOptions, DeferredProcessor, Record};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A record taken over.
pub(super) struct Kept {
    pub(super) key: String,
    pub(super) index: u64,
    pub(super) cx: Context,
    pub(super) ack: Ack,
}

/// A processor that keeps what it gets until the test settles it. Records of `stuck` are never done
/// being taken over; those of `bomb` panic.
#[derive(Clone, Default)]
pub(super) struct Holder(Arc<Mutex<Vec<Kept>>>);

impl Holder {
    /// A pipeline with this one processor, called `d`.
    pub(super) fn pipeline(world: &World, options: DeferredOptions) -> (Builder, Self) {
        let holder = Self::default();
        (world.builder().deferred_processor_with("d", options, holder.clone()), holder)
    }

    pub(super) fn count(&self) -> usize {
        self.kept().len()
    }

    /// Everything held now.
    pub(super) fn take(&self) -> Vec<Kept> {
        std::mem::take(&mut *self.kept())
    }

    pub(super) fn put_back(&self, kept: Kept) {
        self.kept().push(kept);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.kept().iter().any(|kept| kept.key == key)
    }

    /// Settles everything held now as done.
    pub(super) fn settle(&self) {
        self.take().into_iter().for_each(|kept| kept.ack.done());
    }

    pub(super) fn all_told(&self) -> bool {
        self.kept().iter().all(|kept| kept.cx.is_cancelled())
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DeferredProcessor for Holder {
    async fn accept(&self, record: Record<'_>, cx: &Context, ack: Ack) {
        let key = record.object().key().to_owned();
        match key.as_str() {
            "stuck" if cx.receive_count() == 1 && record.index() == 1 => {
                std::future::pending::<()>().await;
                drop(ack);
            }
            "bomb" if cx.receive_count() == 1 && record.index() == 1 => {
                std::panic::resume_unwind(Box::new("told to panic".to_owned()))
            }
            _ => self.kept().push(Kept { key, index: record.index(), cx: cx.clone(), ack }),
        }
    }
}
