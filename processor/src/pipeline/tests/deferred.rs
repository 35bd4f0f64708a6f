//! Deferred processors: verdicts that come later, from anywhere, or never.

mod bounds;
mod ends;
mod holder;
mod verdicts;

use super::{SECOND, thief::steal, world::World};
use crate::DeferredOptions;
use holder::{Holder, Kept};
