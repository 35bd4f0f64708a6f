use super::{collecting::Failed, counts::Counts};
use crate::{
    breaker::OutageOf,
    record::ObjectRef,
    tracking::{Moment, ObjectEnd},
};
use std::{sync::Arc, time::Duration};

/// Who has it reports the end of an object, once. Dropped, it reports that the work was given up.
pub(super) trait Duty: Send {
    /// The object was opened: from here on its progress shows.
    fn opened(&mut self, object: &ObjectRef, counts: &Arc<Counts>);

    /// The object's one end. So many records failed for each processor.
    fn end(self: Box<Self>, end: ObjectEnd, failed: &[u64], read_to_end: bool);

    /// The object did not come to its end, perhaps through no fault of its own: what it depends on
    /// may be down. Without a question that is known. To be called where nothing of the object's
    /// attempt runs any more.
    fn again(self: Box<Self>, of: Vec<OutageOf>, question: Option<Question>);
}

/// How an object ends if nothing that it depends on is down.
pub(super) struct Question {
    pub(super) failed_at: Moment,
    pub(super) retry_after: Option<Duration>,
    /// How many records each processor failed.
    pub(super) failed: Vec<u64>,
    pub(super) read_to_end: bool,
    /// All that failed, if all of it may be put aside.
    pub(super) aside: Option<Failed>,
}
