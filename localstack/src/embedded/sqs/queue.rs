//! One queue: where its messages are, and when they move. No clock, no waiting: `now` comes in.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::attributes::Attributes;
use super::message::Message;
use super::receipt::Receipt;
use super::{SqsError, StaleDeletes};

/// How long one receive can keep a message hidden, extensions included.
pub(super) const TOTAL_VISIBILITY: Duration = Duration::from_secs(43_200);
/// Messages in flight at once.
pub(super) const IN_FLIGHT_LIMIT: usize = 120_000;

/// Whether a message can be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MessageState {
    /// The next receive may return it.
    Visible,
    /// It was received and its visibility timeout runs.
    InFlight,
    /// It was sent with a delay that has not passed.
    Delayed,
}

/// One message as it lies in its queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSnapshot {
    /// The message id.
    pub message_id: String,
    /// Whether it can be received.
    pub state: MessageState,
    /// How often it was received, the receives from an earlier queue included.
    pub receive_count: u32,
    /// The body.
    pub body: Arc<str>,
}

/// A queue at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueueSnapshot {
    /// Messages that can be received.
    pub visible: usize,
    /// Messages that were received and whose visibility timeout runs.
    pub in_flight: usize,
    /// Messages that were sent with a delay that has not passed.
    pub delayed: usize,
    /// Long polls that wait for a message.
    pub waiting: usize,
    /// Every message, oldest first.
    pub messages: Vec<MessageSnapshot>,
}

impl QueueSnapshot {
    /// Whether no message is left in any state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the order of these numbers.
    Visible(u64),
    Hidden {
        until: Instant,
        delayed: bool,
    },
}

#[derive(Debug)]
struct Slot {
    message: Message,
    place: Place,
}

#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: String,
    pub(super) attributes: Attributes,
    pub(super) created_secs: u64,
    pub(super) modified_secs: u64,
    uid: u64,
    slots: HashMap<u64, Slot>,
    visible: BTreeMap<u64, u64>,
    hidden: BTreeSet<(Instant, u64)>,
    in_flight: usize,
    next: u64,
    changed: Arc<Notify>,
    waiting: Arc<()>,
}

/// What a receive took out: messages for the client, and those that go to the dead-letter queue
/// instead.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) received: Vec<(Message, String)>,
    pub(super) dead: Vec<Message>,
    /// More are visible, but no more may be in flight.
    pub(super) over_limit: bool,
}

impl Queue {
    pub(super) fn new(name: &str, uid: u64, attributes: Attributes, now_secs: u64) -> Self {
        Self {
            name: name.to_owned(),
            attributes,
            created_secs: now_secs,
            modified_secs: now_secs,
            uid,
            slots: HashMap::new(),
            visible: BTreeMap::new(),
            hidden: BTreeSet::new(),
            in_flight: 0,
            next: 1,
            changed: Arc::new(Notify::new()),
            waiting: Arc::new(()),
        }
    }

    /// Wakes the receives that wait for this queue.
    pub(super) fn wake(&self) {
        self.changed.notify_waiters();
    }

    pub(super) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Counts as one waiting receive for as long as it lives.
    pub(super) fn wait(&self) -> Arc<()> {
        Arc::clone(&self.waiting)
    }

    /// When the next hidden message becomes visible.
    pub(super) fn next_change(&self) -> Option<Instant> {
        self.hidden.first().map(|(until, _)| *until)
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn push(&mut self, message: Message, now: Instant, delay: Duration) {
        let serial = message.serial;
        let place = Place::Visible(0);
        self.slots.insert(serial, Slot { message, place });
        if delay.is_zero() {
            self.show(serial);
        } else {
            self.hide(serial, now + delay, true);
        }
        // Also for a delayed one: who waits must learn of the new earliest change.
        self.wake();
    }

    /// Takes in a message that another queue has given up on.
    pub(super) fn bury(&mut self, mut message: Message, source: &str, now: Instant) {
        message.dead_letter_source = Some(source.to_owned());
        message.received_at = None;
        self.push(message, now, Duration::ZERO);
    }

    fn show(&mut self, serial: u64) {
        let number = self.number();
        if let Some(slot) = self.slots.get_mut(&serial) {
            slot.place = Place::Visible(number);
            self.visible.insert(number, serial);
        }
    }

    fn hide(&mut self, serial: u64, until: Instant, delayed: bool) {
        if let Some(slot) = self.slots.get_mut(&serial) {
            slot.place = Place::Hidden { until, delayed };
            self.hidden.insert((until, serial));
            self.in_flight += usize::from(!delayed);
        }
    }

    /// Takes a message out of the order it is in; its slot stays.
    fn unplace(&mut self, serial: u64) {
        match self.slots.get(&serial).map(|slot| slot.place) {
            Some(Place::Visible(number)) => {
                self.visible.remove(&number);
            }
            Some(Place::Hidden { until, delayed }) => {
                self.hidden.remove(&(until, serial));
                self.in_flight -= usize::from(!delayed);
            }
            None => {}
        }
    }

    /// Makes visible what is due.
    fn surface(&mut self, now: Instant) {
        while let Some((until, serial)) = self.hidden.first().copied()
            && until <= now
        {
            self.unplace(serial);
            self.show(serial);
        }
    }

    /// Receives up to `max` messages, hidden for `visibility` from `now`; those with `max_receives`
    /// receives are dead.
    pub(super) fn take(
        &mut self,
        max: usize,
        visibility: Duration,
        max_receives: Option<u32>,
        now: Instant,
        now_millis: u64,
    ) -> Taken {
        self.surface(now);
        let oldest = now_millis.saturating_sub(
            u64::try_from(self.attributes.retention().as_millis()).unwrap_or(u64::MAX),
        );
        let mut taken = Taken::default();
        while taken.received.len() < max
            && let Some((_, serial)) = self.visible.first_key_value()
        {
            let serial = *serial;
            if self.in_flight >= IN_FLIGHT_LIMIT {
                taken.over_limit = true;
                break;
            }
            self.unplace(serial);
            let receive = self.number();
            let Some(slot) = self.slots.get_mut(&serial) else {
                continue;
            };
            let message = &mut slot.message;
            if message.sent_millis < oldest {
                self.slots.remove(&serial);
                continue;
            }
            if max_receives.is_some_and(|most| message.receives >= most) {
                taken.dead.extend(self.slots.remove(&serial).map(|slot| slot.message));
                continue;
            }
            message.receives += 1;
            message.last_receive = receive;
            message.received_at = Some(now);
            message.first_received_millis.get_or_insert(now_millis);
            let receipt = Receipt { queue: self.uid, message: serial, receive };
            taken.received.push((message.clone(), receipt.to_handle()));
            if visibility.is_zero() {
                // Visible at once, behind those that wait; not twice in the same receive.
                self.hide(serial, now, false);
            } else {
                self.hide(serial, now + visibility, false);
            }
        }
        taken
    }

    fn receipt(&self, handle: &str) -> Result<Receipt, SqsError> {
        if handle.is_empty() {
            return Err(SqsError::missing("ReceiptHandle"));
        }
        let receipt = Receipt::parse(handle).filter(|receipt| receipt.queue == self.uid);
        receipt.ok_or_else(|| SqsError::invalid_handle(handle))
    }

    pub(super) fn change(
        &mut self,
        handle: &str,
        timeout: Duration,
        now: Instant,
    ) -> Result<(), SqsError> {
        let receipt = self.receipt(handle)?;
        if timeout > TOTAL_VISIBILITY {
            return Err(SqsError::invalid(
                "VisibilityTimeout",
                timeout.as_secs(),
                "Must be between 0 and 43200.",
            ));
        }
        self.surface(now);
        let slot = self.slots.get(&receipt.message).ok_or_else(|| SqsError::gone(handle))?;
        if slot.message.last_receive != receipt.receive {
            return Err(SqsError::expired_handle(handle));
        }
        if !matches!(slot.place, Place::Hidden { delayed: false, .. }) {
            return Err(SqsError::not_in_flight(handle));
        }
        let since = slot.message.received_at.map(|at| now.saturating_duration_since(at));
        if since.unwrap_or_default() + timeout > TOTAL_VISIBILITY {
            let reason =
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";
            return Err(SqsError::invalid("VisibilityTimeout", timeout.as_secs(), reason));
        }
        self.unplace(receipt.message);
        if timeout.is_zero() {
            self.show(receipt.message);
        } else {
            self.hide(receipt.message, now + timeout, false);
        }
        self.wake();
        Ok(())
    }

    /// Deletes by the newest handle, also when the message is visible again. A message that is gone
    /// is no error.
    pub(super) fn delete(&mut self, handle: &str, stale: StaleDeletes) -> Result<(), SqsError> {
        let receipt = self.receipt(handle)?;
        let Some(slot) = self.slots.get(&receipt.message) else {
            return Ok(());
        };
        if slot.message.last_receive != receipt.receive {
            return match stale {
                StaleDeletes::AcceptedWithoutEffect => Ok(()),
                StaleDeletes::Rejected => Err(SqsError::expired_handle(handle)),
            };
        }
        self.unplace(receipt.message);
        self.slots.remove(&receipt.message);
        // A long poll may wait for room.
        self.wake();
        Ok(())
    }

    pub(super) fn purge(&mut self) {
        self.slots.clear();
        self.visible.clear();
        self.hidden.clear();
        self.in_flight = 0;
    }

    /// Visible, in flight, delayed.
    pub(super) fn counts(&mut self, now: Instant) -> [usize; 3] {
        self.surface(now);
        [self.visible.len(), self.in_flight, self.hidden.len() - self.in_flight]
    }

    pub(super) fn snapshot(&mut self, now: Instant) -> QueueSnapshot {
        let [visible, in_flight, delayed] = self.counts(now);
        let mut slots: Vec<_> = self.slots.values().collect();
        slots.sort_by_key(|slot| slot.message.serial);
        let messages = slots.into_iter().map(|slot| MessageSnapshot {
            message_id: slot.message.id.clone(),
            state: match slot.place {
                Place::Visible(_) => MessageState::Visible,
                Place::Hidden { delayed: true, .. } => MessageState::Delayed,
                Place::Hidden { delayed: false, .. } => MessageState::InFlight,
            },
            receive_count: slot.message.receives,
            body: Arc::clone(&slot.message.body),
        });
        QueueSnapshot {
            visible,
            in_flight,
            delayed,
            waiting: Arc::strong_count(&self.waiting) - 1,
            messages: messages.collect(),
        }
    }
}
