//! Batch processors: what they are given, and where their verdicts go.

mod bulk;
mod gathering;
mod halving;
mod retrying;
mod verdicts;

use super::{SECOND, thief::steal, world::World};
use crate::BatchOptions;
use bulk::{Bulk, Reply};
