use super::saving::Saving;
use crate::tracking::ObjectEnd;
use std::sync::{Arc, Mutex, PoisonError};

/// The objects of one message. If one of them fails, the message comes back with all of them: then
/// what was settled of those that are done has to be saved as well.
pub(super) struct Siblings {
    objects: usize,
    ended: Mutex<Ended>,
}

#[derive(Default)]
struct Ended {
    /// Not saved.
    done: Vec<Arc<Saving>>,
    comes_back: bool,
}

impl Siblings {
    pub(super) fn new(objects: usize) -> Self {
        Self { objects, ended: Mutex::default() }
    }

    /// One of them ended; what has to be saved before that is told.
    pub(super) fn ended(&self, end: &ObjectEnd, saving: Option<&Arc<Saving>>) -> Vec<Arc<Saving>> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.comes_back |= *end != ObjectEnd::Done;
        if ended.comes_back {
            ended.done.drain(..).chain(saving.cloned()).collect()
        } else {
            if self.objects > 1 {
                ended.done.extend(saving.cloned());
            }
            Vec::new()
        }
    }
}
