use crate::{job::MessageInfo, runtime::Capacity};
use std::sync::{Arc, atomic::Ordering::SeqCst};

/// An object that is held by a breaker. While there is one of a message, this takes no slot.
pub(super) struct Parked {
    message: Arc<MessageInfo>,
    capacity: Arc<Capacity>,
}

impl Parked {
    pub(super) fn new(message: &Arc<MessageInfo>, capacity: &Arc<Capacity>) -> Self {
        if message.parked.fetch_add(1, SeqCst) == 0 {
            capacity.park();
        }
        Self { message: Arc::clone(message), capacity: Arc::clone(capacity) }
    }
}

impl Drop for Parked {
    fn drop(&mut self) {
        if self.message.parked.fetch_sub(1, SeqCst) == 1 {
            self.capacity.unpark();
        }
    }
}
