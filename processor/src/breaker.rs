//! Is what we depend on down? One breaker for each bucket, for the queue, and for what each
//! processor depends on.
//!
//! Pure: facts come in with the moment they became known, decisions go out. It reads no clock,
//! sends nothing and awaits nothing.
//!
//! A breaker is *closed* until [several](CROWD) different objects failed alike, nothing succeeded
//! in between, and [that long](COMPANY) has passed since the first of them failed. While it is
//! *open* no failure that may pass is a verdict: the object is *held*. Any success closes it.
//!
//! ```text
//!            fails, and may pass                 three failed alike, nothing succeeded for 5 s
//!   working ---------------------> in question ------------------------------> held <-+
//!      ^                                |                                       | |   | fails
//!      |                                +--> something succeeded, or 5 s are    | |   | again
//!      |                                     over: its own failure              | +---+
//!      +------------- the breaker closed, or it is this object's turn to try ---+
//! ```
//!
//! Held objects try one at a time, after growing pauses; and one fresh message is received after
//! growing pauses, because what is held may fail for good while the rest of the queue is healthy.

mod breakers;
mod class;
mod failed;
mod fresh;
mod one;
mod pause;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use breakers::{Breakers, Judged};
pub use class::OutageClass;
pub(crate) use failed::Failed;
pub(crate) use fresh::Receiving;
pub(crate) use view::Event;
pub use view::{Outage, OutageOf};

use std::time::Duration;

/// So many different objects have to fail alike. Fewer may be damaged or forbidden together; more
/// would be more messages in trouble before anything is done about it.
pub(crate) const CROWD: usize = 3;
/// So long an object that failed waits for company, unless something succeeds, before this counts
/// as its own failure; and so long nothing may succeed before a breaker opens.
pub(crate) const COMPANY: Duration = Duration::from_secs(5);
/// From a breaker's opening to the first trial; doubled after each.
pub(crate) const FIRST_TRIAL: Duration = Duration::from_secs(1);
/// The longest pause between two trials: how long an outage seems to last longer than it does.
pub(crate) const LONGEST_TRIAL: Duration = Duration::from_secs(30);
/// So many objects are held at most. One fresh message in half a minute is as many in the 12 hours
/// that a lease can last.
pub(crate) const MOST_HELD: u64 = 1_440;
/// After an answer that asks for less, no request is begun for so long; doubled with each further
/// one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// An outage that begins so soon after the last one was announced is not announced again.
const QUIET: Duration = Duration::from_secs(60);
