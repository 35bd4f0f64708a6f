//! Others' failures neither starve healthy messages nor send them to the dead-letter queue. Each
//! test is a row of the table in `docs/measured/found.md`.

mod bytes;
mod deaths;
mod down;
mod shares;

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
