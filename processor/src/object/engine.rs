use super::{
    budget::Budget, finisher::Finisher, pool::Pool, processors::Processors, quarantine::Quarantine,
    registry::Registry, saver::Saver, spool::Spools,
};
use crate::{
    port::Store,
    runtime::{Shared, Threads},
};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;

/// What all objects of a pipeline share.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) processors: Processors,
    pub(crate) budget: Arc<Budget>,
    pub(crate) pool: Arc<Pool>,
    pub(crate) spools: Spools,
    pub(crate) threads: Threads,
    pub(crate) registry: Arc<Registry>,
    pub(crate) shared: Shared,
    /// Where progress is kept, if it is.
    pub(crate) saver: Option<Arc<Saver>>,
    pub(crate) finisher: Arc<Finisher>,
    /// Where single records are put aside, if they are.
    pub(crate) quarantine: Option<Quarantine>,
    /// What is to be done beside, on the user's runtime, whoever finds so.
    pub(crate) more: UnboundedSender<BoxFuture<'static, ()>>,
}
