//! Locks, taken.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock; a panic elsewhere does not make the data unusable, for every change below is made
/// in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
