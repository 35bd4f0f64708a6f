use crate::{
    notification::{NotificationError, NotifiedObject},
    route::{Choice, Routes, Treatment},
};
use std::sync::Arc;

/// What becomes of the objects that a message announces.
pub(crate) struct Routed {
    /// Those to process.
    pub(crate) objects: Vec<(NotifiedObject, Arc<Treatment>)>,
    /// Those to leave alone, each with the index of the route that says so.
    pub(crate) skipped: Vec<(NotifiedObject, Option<usize>)>,
}

impl Routed {
    /// # Errors
    /// If one object is to be kept: a message can only be deleted as a whole.
    pub(crate) fn new(
        announced: Vec<NotifiedObject>,
        routes: &Routes,
    ) -> Result<Self, NotificationError> {
        let mut routed = Self { objects: Vec::new(), skipped: Vec::new() };
        for object in announced {
            let choice = routes.choose(&object.bucket, &object.key, object.size);
            let choice = match &object.replay {
                Some(replay) => {
                    let again = routes.replayed(&choice, &replay.decoder, &replay.processor);
                    Choice::Take(again.map_err(|why| {
                        NotificationError::replay(&object.bucket, &object.key, &why)
                    })?)
                }
                None => choice,
            };
            match choice {
                Choice::Take(treatment) => routed.objects.push((object, treatment)),
                Choice::Skip(route) => routed.skipped.push((object, route)),
                Choice::Keep => {
                    return Err(NotificationError::unmatched(&object.bucket, &object.key));
                }
            }
        }
        Ok(routed)
    }
}
