use crate::tracking::{MessageKey, ObjectEnd};
use tokio::sync::mpsc::UnboundedSender;

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
    reported: bool,
}

impl Ticket {
    pub(crate) fn new(key: MessageKey, ends: UnboundedSender<ObjectEnded>) -> Self {
        Self { key, ends, reported: false }
    }

    pub(crate) fn report(mut self, end: ObjectEnd) {
        self.send(end);
    }

    fn send(&mut self, end: ObjectEnd) {
        self.reported = true;
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
