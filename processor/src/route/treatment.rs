use crate::{config::Limits, decode::Decoder, record::RecordId};
use std::{fmt, sync::Arc};

/// What is done with an object.
pub(crate) struct Treatment {
    route: Option<(usize, String)>,
    pub(crate) decoder: Arc<dyn Decoder>,
    /// What the ids of records contain of the decoder.
    pub(crate) id_decoder: Option<Arc<str>>,
    /// Of these, what holds for one object.
    pub(crate) limits: Limits,
    /// By their indices among the pipeline's.
    pub(crate) processors: Vec<usize>,
}

impl Treatment {
    /// `route`: its index and its name, if a route says so. `ids_v2`: all ids contain the decoder.
    pub(crate) fn new(
        route: Option<(usize, String)>,
        decoder: Arc<dyn Decoder>,
        ids_v2: bool,
        limits: Limits,
        processors: Vec<usize>,
    ) -> Self {
        let id_decoder = RecordId::decoder(&decoder.identity(), ids_v2);
        Self { route, decoder, id_decoder, limits, processors }
    }

    /// The same for one processor alone.
    pub(super) fn only_for(&self, processor: usize) -> Self {
        Self {
            route: self.route.clone(),
            decoder: Arc::clone(&self.decoder),
            id_decoder: self.id_decoder.clone(),
            limits: self.limits.clone(),
            processors: vec![processor],
        }
    }

    /// The index of the route that says so.
    pub(crate) fn route_index(&self) -> Option<usize> {
        self.route.as_ref().map(|(index, _)| *index)
    }

    /// The name of the route that says so.
    pub(crate) fn route(&self) -> Option<&str> {
        self.route.as_ref().map(|(_, name)| name.as_str())
    }
}

impl fmt::Debug for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Treatment").field("route", &self.route).finish_non_exhaustive()
    }
}
