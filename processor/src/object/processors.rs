use super::{lane::Lane, share::Share};
use crate::{
    process::Context,
    runtime::{Shared, report},
};
use std::{future::Future, sync::Arc};
use tracing::Instrument;

/// A pipeline's processors, each behind its lane.
pub(crate) struct Processors {
    lanes: Vec<Arc<dyn Lane>>,
    shared: Shared,
}

impl Processors {
    pub(crate) fn new(lanes: Vec<Arc<dyn Lane>>, shared: Shared) -> Self {
        Self { lanes, shared }
    }

    /// Begins what goes on beside the parcels.
    pub(super) fn begin(&self) {
        for lane in &self.lanes {
            if let Some(work) = Arc::clone(lane).background(self.shared.clone()) {
                tokio::spawn(self.unless_aborted(work));
            }
        }
    }

    /// Gives each share to its processor, in a task of its own.
    pub(super) fn process(&self, shares: Vec<Share>, cx: &Context) {
        for share in shares {
            let lane = &self.lanes[share.processor()];
            let span = report::processing_span(lane.name(), share.len());
            let run = Arc::clone(lane).run(share, cx.clone(), self.shared.clone());
            tokio::spawn(self.unless_aborted(run).instrument(span));
        }
    }

    fn unless_aborted(
        &self,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = Option<()>> + Send + 'static {
        self.shared.signals.abort.clone().run_until_cancelled_owned(work)
    }
}
