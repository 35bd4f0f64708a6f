use crate::{
    config::{Finish, Limits, Missing, Spool},
    decode::Decoder,
    record::RecordId,
};
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
    /// What becomes of it when all is done.
    pub(crate) finish: Finish,
    /// What it means if it is not there.
    pub(crate) missing: Missing,
    /// Where it is downloaded to first, if it is.
    pub(crate) spool: Option<Spool>,
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
        let (finish, missing, spool) = Default::default();
        Self { route, decoder, id_decoder, limits, processors, finish, missing, spool }
    }

    /// The same, with these ends.
    pub(super) fn ending(self, finish: Finish, missing: Missing) -> Self {
        Self { finish, missing, ..self }
    }

    /// The same, downloaded first.
    pub(super) fn spooling(self, spool: Option<Spool>) -> Self {
        Self { spool, ..self }
    }

    /// The same for some records of it, and one processor alone: afterwards it is not done.
    pub(super) fn only_for(&self, processor: usize) -> Self {
        Self {
            route: self.route.clone(),
            decoder: Arc::clone(&self.decoder),
            id_decoder: self.id_decoder.clone(),
            limits: self.limits.clone(),
            processors: vec![processor],
            finish: Finish::keep(),
            missing: Missing::Fail,
            spool: self.spool.clone(),
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
