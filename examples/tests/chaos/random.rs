//! Numbers from a seed.

use fastrand::Rng;
use std::time::Duration;

/// A generator of its own for the thing of this number, so that no plan depends on the order in
/// which others are made.
pub(crate) fn of(seed: u64, number: u64) -> Rng {
    Rng::with_seed(seed ^ number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// True in so many of a hundred cases.
pub(crate) fn percent(rng: &mut Rng, hundredths: u32) -> bool {
    rng.u32(0..100) < hundredths
}

/// Between the two, each order of magnitude as likely as another.
pub(crate) fn spread(rng: &mut Rng, from: f64, to: f64) -> f64 {
    (from.ln() + rng.f64() * (to.ln() - from.ln())).exp()
}

/// A length of time, in seconds, as [`spread`].
pub(crate) fn time(rng: &mut Rng, from: f64, to: f64) -> Duration {
    Duration::from_secs_f64(spread(rng, from, to))
}
