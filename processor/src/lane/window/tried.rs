use std::time::Duration;

/// How one try ended.
pub(crate) enum Tried<T> {
    Returned(T),
    Panicked(String),
    TimedOut(Duration),
}
