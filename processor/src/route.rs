//! Which object goes to which decoder and processors: by bucket, key and size alone.
//!
//! Routes are asked in order, and the first that matches decides: the object is taken, with all
//! that is done with it (its [`Treatment`]), or skipped. What none matches is kept or skipped, as
//! [`Unmatched`] says.

mod conditions;
mod definition;
mod preset;
mod routes;
mod treatment;

pub use definition::{Route, Unmatched};
pub use preset::Preset;
pub(crate) use routes::{Choice, Defaults, Routes};
pub(crate) use treatment::Treatment;
