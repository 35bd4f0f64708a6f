//! The query protocol: forms in, XML out. SNS and STS speak it.

mod error;
mod form;
mod xml;

pub(crate) use error::QueryError;
pub(crate) use form::Form;
pub(crate) use xml::{element, map, render};
