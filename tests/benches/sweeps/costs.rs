//! What a process costs beyond its start.

use crate::consuming::{
    consumer::{Job, Used, Work},
    pipe::Pipe,
    world::World,
};
use bytes::Bytes;

/// A queue, and what a process takes only to start: to make its clients, to open connections, to
/// see one message.
pub(crate) struct Costs {
    pub(crate) world: World,
    start: f64,
}

impl Costs {
    pub(crate) fn new() -> Self {
        let mut costs = Self { world: World::new(), start: 0.0 };
        let mut starts = [0; 3].map(|_| {
            costs.world.put([Bytes::from_static(b"{}\n")]);
            costs.run(1, Pipe { trivial: 1, ..Pipe::default() }).cpu
        });
        starts.sort_by(f64::total_cmp);
        costs.start = starts[1];
        costs
    }

    pub(crate) fn job(&self, messages: usize, pipe: Pipe) -> Job<'_> {
        let (endpoint, queue_url) = (self.world.endpoint(), self.world.queue_url.as_str());
        Job { endpoint, queue_url, messages, work: Work::Pipeline(pipe) }
    }

    /// Runs a process until so many messages are deleted.
    pub(crate) fn run(&self, messages: usize, pipe: Pipe) -> Used {
        self.without_start(self.job(messages, pipe).run())
    }

    pub(crate) fn without_start(&self, used: Used) -> Used {
        Used { cpu: used.cpu - self.start, ..used }
    }
}
