use super::{
    object::ObjectState,
    registry::{Claim, LeaseView},
};
use crate::{
    notification::NotifiedObject,
    tracking::{MessageKey, ObjectEnd},
};
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

/// The work of one message, as the control thread hands it to the user's runtime.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) message: Arc<MessageInfo>,
    pub(crate) objects: Vec<(NotifiedObject, Ticket)>,
    pub(crate) cancel: CancellationToken,
}

/// What the work on a message needs to know of it.
#[derive(Debug)]
pub(crate) struct MessageInfo {
    pub(crate) key: MessageKey,
    pub(crate) message_id: String,
    pub(crate) receive_count: u32,
    pub(crate) lease: Arc<LeaseView>,
    /// From receive to end.
    pub(crate) span: tracing::Span,
}

/// What the user's runtime tells the control thread. The channel is bounded by the message slots.
#[derive(Debug)]
pub(crate) struct ObjectEnded {
    pub(crate) key: MessageKey,
    pub(crate) end: ObjectEnd,
}

/// The duty to report the end of one object's work. Dropped without a report (its task was dropped,
/// a runtime went away), it reports that the work was given up: the message goes back, nothing is
/// lost and no slot leaks. Dropped by a panic, it reports a failure: handed back at once, what
/// panics would circle as fast as it can.
#[derive(Debug)]
pub(crate) struct Ticket {
    key: MessageKey,
    ends: UnboundedSender<ObjectEnded>,
    claim: Option<Claim>,
    reported: bool,
}

impl Ticket {
    pub(crate) fn new(key: MessageKey, ends: UnboundedSender<ObjectEnded>) -> Self {
        Self { key, ends, claim: None, reported: false }
    }

    /// The object is registered as in flight, until the report.
    pub(crate) fn claimed(&mut self, claim: Claim) {
        self.claim = Some(claim);
    }

    pub(crate) fn opened(&self, state: &Arc<ObjectState>) {
        if let Some(claim) = &self.claim {
            claim.opened(state);
        }
    }

    pub(crate) fn report(mut self, end: ObjectEnd) {
        self.send(end);
    }

    fn send(&mut self, end: ObjectEnd) {
        self.reported = true;
        if let Some(claim) = self.claim.take() {
            claim.end(&end);
        }
        // Without a control thread nobody settles anything: the message returns after its
        // visibility timeout.
        let _ = self.ends.send(ObjectEnded { key: self.key, end });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.reported {
            let failed = ObjectEnd::Failed { retry_after: None };
            let end = if std::thread::panicking() { failed } else { ObjectEnd::Cancelled };
            self.send(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::unbounded_channel;

    /// What a ticket reports that is used up by this.
    fn reported(use_up: impl FnOnce(Ticket)) -> Vec<ObjectEnd> {
        let (sender, mut ends) = unbounded_channel();
        use_up(Ticket::new(MessageKey::default(), sender));
        std::iter::from_fn(|| ends.try_recv().ok()).map(|ended| ended.end).collect()
    }

    #[test]
    fn trap_47_whatever_becomes_of_a_ticket_it_reports_once_and_dropped_it_is_never_done() {
        assert_eq!(reported(drop), [ObjectEnd::Cancelled]);
        assert_eq!(reported(|ticket| ticket.report(ObjectEnd::Done)), [ObjectEnd::Done]);
        let panicked = reported(|ticket| {
            let panics = std::thread::spawn(move || {
                let _ticket = ticket;
                panic!("told to");
            });
            assert!(panics.join().is_err());
        });
        assert_eq!(panicked, [ObjectEnd::Failed { retry_after: None }]);
    }
}
