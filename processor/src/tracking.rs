//! The state machine of messages and leases.
//!
//! Pure: `now` comes in, [`Action`]s go out. The driver reports facts (received, an object ended, a
//! request was answered) and calls [`Tracker::poll`]; one function, `Message::decide`, chooses what
//! happens next. It reads no clock, sends nothing and awaits nothing, so every interleaving can be
//! tested.
//!
//! ```text
//!           received                    every object ended
//!   (slot) -------------> working ----------------------------> at rest
//!                         |  ^  |                               |     |
//!                  extend +--+  | lease lost,        all done   |     | failed, cut short
//!                               | 12 hours nearly    v          v     v
//!                               | over: cancel     delete    release (or leave it to time out)
//!                               v                    |          |
//!                            working, cancelled      +--> end <-+     exactly one end per message
//! ```

mod action;
mod batcher;
mod delivery;
mod finished;
mod lease;
mod message;
mod moment;
mod tracker;

#[cfg(any(test, feature = "__private"))]
pub(crate) mod fuzz;
#[cfg(any(test, feature = "__private"))]
mod model;
#[cfg(test)]
mod tests;

pub(crate) use action::{Action, Answer, Entry, MessageKey, ObjectEnd, Outcome, Request};
pub(crate) use delivery::{Delivery, Disposition};
pub(crate) use moment::Moment;
pub(crate) use tracker::Tracker;

use std::time::Duration;

/// A delete waits so long for others to share its request.
const DELETE_LINGER: Duration = Duration::from_millis(200);
/// No request about a held message may take longer.
const LONGEST_REQUEST: Duration = Duration::from_secs(10);

/// What the tracker goes by.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// The term of a receive, and the least term of an extension.
    pub(crate) visibility_timeout: Duration,
    /// The longest term of an extension.
    pub(crate) max_term: Duration,
    /// How many messages are held at once.
    pub(crate) slots: usize,
    /// What is handed back undone becomes visible not before this: its own consumer, whose receive
    /// is still open, would get it again.
    pub(crate) hand_back_at: Moment,
    /// How long a delete waits for others to fill its batch.
    pub(crate) delete_linger: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            visibility_timeout: Duration::from_secs(30),
            max_term: Duration::from_secs(600),
            slots: 100,
            hand_back_at: Moment::default(),
            delete_linger: DELETE_LINGER,
        }
    }
}

impl Policy {
    /// How long one request about a held message may take, retries included: at most a quarter of
    /// the visibility timeout.
    pub(crate) fn request_timeout(&self) -> Duration {
        (self.visibility_timeout / 4).min(LONGEST_REQUEST)
    }

    /// How long to wait after a request that failed before it is sent again.
    pub(crate) fn request_pause(&self) -> Duration {
        (self.visibility_timeout / 16).min(Duration::from_secs(1))
    }
}
