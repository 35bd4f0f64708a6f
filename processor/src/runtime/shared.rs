use super::{capacity::Capacity, env::Env, gate::Gate, observer::Observer, phase::Signals};
use crate::{route::Routes, stats::Counters};
use std::sync::Arc;

/// What all parts of a running pipeline share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) env: Env,
    pub(crate) signals: Signals,
    pub(crate) counters: Arc<Counters>,
    pub(crate) observer: Observer,
    pub(crate) gate: Arc<Gate>,
    pub(crate) capacity: Arc<Capacity>,
    pub(crate) routes: Arc<Routes>,
}
