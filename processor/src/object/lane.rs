use super::share::Share;
use crate::{process::Context, runtime::Shared};
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};
use tokio::sync::Semaphore;

/// One processor with its limits, as an object hands records to it: erased, and asked once per
/// parcel.
pub(crate) trait Lane: Send + Sync + fmt::Debug + 'static {
    /// The processor's name.
    fn name(&self) -> &str;

    /// The places of its concurrency, and how many there are. Whoever counts them must not keep the
    /// processor, which ends with its run.
    fn places(&self) -> (Arc<Semaphore>, usize);

    /// Work that goes on beside the parcels, from before the first to after the last.
    fn background(self: Arc<Self>, _shared: Shared) -> Option<BoxFuture<'static, ()>> {
        None
    }

    /// Works on every record of the share. When the future has ended and everything it handed on
    /// has, each record has its verdict or was given up.
    fn run(self: Arc<Self>, share: Share, cx: Context, shared: Shared) -> BoxFuture<'static, ()>;
}
