//! The lanes: how records get to processors of each kind, and their verdicts back to the objects.

mod batch;
mod deferred;
mod grace;
mod identity;
mod record;
mod try_again;
mod window;

pub(crate) use batch::BatchLane;
pub(crate) use deferred::DeferredLane;
#[cfg(test)]
pub(crate) use grace::GRACE;
pub(crate) use record::RecordLane;
