//! Outages: what they cost healthy messages, and how they end.

mod beginning;
mod ending;
mod lasting;
mod stopping;
mod world;

use super::SECOND;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
