use super::state::State;
use crate::testing::Trace;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// How a list is worked off.
#[derive(Debug, Clone)]
pub(crate) struct ListSettings {
    /// How many entries are handed out at once, at the most.
    pub(crate) slots: usize,
    /// How often an entry is handed out, at the most.
    pub(crate) tries: u32,
    /// How long an entry that was not done stays away.
    pub(crate) delay: Duration,
    pub(crate) drain_timeout: Duration,
}

/// What all who share a list share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) settings: ListSettings,
    state: Mutex<State>,
    /// There is an entry more.
    pub(super) added: Notify,
    pub(super) trace: Trace,
}

impl Inner {
    pub(super) fn new(settings: ListSettings, trace: Trace) -> Self {
        Self { settings, state: Mutex::default(), added: Notify::new(), trace }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
