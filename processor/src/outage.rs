//! Tells an outage of everything from the failures of single objects.
//!
//! Pure: facts come in with the moment they became known, decisions go out. It reads no clock,
//! sends nothing and awaits nothing.
//!
//! Whoever reads an object and has to wait, because its request failed or because an outage lasts,
//! is a *waiter*. While there is no outage a waiter asks again after a pause, or gives up. An
//! outage is declared when requests for [several](CROWD) different objects fail alike and none
//! succeeds in between; from then on all waiters are *held*. They take turns as the *probe*, the
//! one that may ask, until a request succeeds.
//!
//! ```text
//!            a request fails                a crowd fails alike
//!   reading -----------------> waiting alone -----------------> held <-+ the probe fails:
//!      ^                          |    |                        |   |  | the next one's turn,
//!      +--- its pause is over ----+    +---> gives up: its own  |   +--+ after a longer pause
//!      +--- a request succeeds ----------------- failure -------+
//! ```

mod class;
mod detector;
mod evidence;
mod ongoing;
mod streak;
#[cfg(test)]
mod tests;
mod view;
mod waiter;

pub use class::OutageClass;
pub(crate) use detector::{Detector, Next, Probed, Receiving};
pub(crate) use view::Event;
pub use view::{Outage, OutageOf};
pub(crate) use waiter::{Failure, WaiterKey, Wanted};

use std::time::Duration;

/// Requests for so many different objects have to fail alike. Fewer may be damaged or forbidden
/// together; more would be more messages in trouble before anything is done about it.
pub(crate) const CROWD: usize = 3;
/// So long after a crowd has come together the outage is declared, if nothing succeeds until then.
const CONFIRM: Duration = Duration::from_secs(1);
/// The same where the service answers and refuses. That may be about some objects only, and then
/// others succeed meanwhile. Nothing is lost by waiting: who was refused waits anyway.
const CONFIRM_REFUSAL: Duration = Duration::from_secs(10);
/// So long an object that may not be read waits for company, unless something succeeds, before this
/// counts as its own failure. Waiting costs a slot and no receive, and in a quiet queue the next
/// object may take a while.
pub(crate) const COMPANY: Duration = Duration::from_secs(60);
/// From the declaration to the first probe, and from it to the second; doubled after each.
pub(crate) const FIRST_PROBE: Duration = Duration::from_secs(1);
/// The longest pause between two probes: how long an outage seems to last longer than it does.
pub(crate) const LONGEST_PROBE: Duration = Duration::from_secs(30);
/// After an answer that asks for less, no request is begun for so long; doubled with each further
/// one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// An outage that begins so soon after the last one was announced is not announced again.
const QUIET: Duration = Duration::from_secs(60);
