use super::chunks::Source;
use crate::{breaker::OutageOf, object::blocks::Blocks, record::Description, tracking::ObjectEnd};
use std::sync::Arc;

/// An object that was answered for, with room for it.
pub(super) struct Opened<S> {
    pub(super) found: Found,
    pub(super) blocks: Arc<Blocks>,
    pub(super) source: S,
}

/// What the first answer said of an object.
pub(super) struct Found {
    pub(super) etag: String,
    pub(super) version_id: Option<String>,
    /// As it is stored, where that was told.
    pub(super) size: Option<u64>,
    pub(super) description: Description,
}

/// An object that can be read to its end, as far as can be told before.
pub(super) type Ready = Opened<Box<dyn Source>>;

/// Why an object was not opened.
pub(super) enum Unopened {
    End(ObjectEnd),
    /// What it needs is down.
    Down(OutageOf),
}
