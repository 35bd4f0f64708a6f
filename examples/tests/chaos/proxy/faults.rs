//! What goes wrong with one connection.

use crate::random::{self, percent, spread, time};
use std::time::Duration;

/// The plan for one connection: the same for the same seed and number.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Faults {
    /// It is reset before it is connected to anything.
    pub(super) refused: bool,
    /// Requests, to the server.
    pub(super) up: Lane,
    /// Answers, to the client.
    pub(super) down: Lane,
}

/// What goes wrong in one direction.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Lane {
    /// Before every piece that is passed on.
    pub(super) delay: Option<Duration>,
    /// Bytes a second.
    pub(super) rate: Option<f64>,
    /// After so many bytes nothing moves for a while.
    pub(super) stall: Option<(u64, Duration)>,
    /// After so many bytes both sides are cut off.
    pub(super) cut: Option<(u64, Cut)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cut {
    /// RST.
    Reset,
    /// FIN, which looks like an end.
    Finish,
}

impl Faults {
    /// Two of five connections have none.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut rng = random::of(seed.wrapping_add(77), number);
        let mut faults = Self::default();
        if percent(&mut rng, 40) {
            return faults;
        }
        faults.refused = percent(&mut rng, 6);
        if percent(&mut rng, 40) {
            let delay = Some(time(&mut rng, 0.002, 0.25));
            (faults.up.delay, faults.down.delay) = (delay, delay);
        }
        if percent(&mut rng, 35) {
            faults.down.rate = Some(spread(&mut rng, 30e3, 2e6));
        }
        if percent(&mut rng, 35) {
            faults.down.stall =
                Some((spread(&mut rng, 1.0, 600e3) as u64, time(&mut rng, 0.2, 45.0)));
        }
        if percent(&mut rng, 70) {
            let how = if percent(&mut rng, 50) { Cut::Reset } else { Cut::Finish };
            match rng.u32(0..4) {
                // In the middle of a request, or between two.
                0 => faults.up.cut = Some((spread(&mut rng, 1.0, 20e3) as u64, how)),
                // After a request was carried out and before its answer arrived, or in a small
                // body.
                1 => faults.down.cut = Some((spread(&mut rng, 1.0, 20e3) as u64, how)),
                // In a large body.
                _ => faults.down.cut = Some((spread(&mut rng, 20e3, 600e3) as u64, how)),
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let all = |seed| (0..200).map(|number| Faults::of(seed, number)).collect::<Vec<_>>();
        assert_eq!(all(1), all(1));
        assert_ne!(all(1), all(2));
        let many = all(3);
        for cut in [Cut::Reset, Cut::Finish] {
            assert!(many.iter().any(|faults| faults.down.cut.is_some_and(|(_, how)| how == cut)));
        }
        assert!(many.iter().filter(|faults| **faults == Faults::default()).count() > 40);
    }
}
