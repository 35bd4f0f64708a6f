//! What happens when: the same seed and settings give the same plan.

use crate::{
    files::FileSpec,
    random::{self, percent, time},
    settings::Settings,
};
use fastrand::Rng;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// In the order of time.
    pub(crate) events: Vec<Event>,
    /// In the order of time.
    pub(crate) files: Vec<FileSpec>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum What {
    /// `kill -9`; another consumer takes the place after the pause.
    Kill { slot: usize, pause: Duration },
    /// SIGSTOP, and SIGCONT after the pause, which is longer than the visibility timeout: others
    /// have the messages by then.
    Stop { slot: usize, pause: Duration },
    /// SIGTERM, while another consumer takes the place at once; perhaps a second one while it
    /// drains.
    Term { slot: usize, again: Option<Duration> },
    /// Nothing gets through to the server.
    Outage { kind: Outage, pause: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outage {
    /// Connections are reset, those there are and all new ones.
    Refused,
    /// Connections stay, and nothing moves on them.
    Silent,
}

impl Plan {
    pub(crate) fn new(settings: &Settings) -> Self {
        let mut rng = random::of(settings.seed, 0);
        let window = settings.chaos.as_secs_f64();
        let count = ((window / settings.pace.as_secs_f64()) as usize).max(4);
        // One of each kind at least, at any time.
        let mut kinds: Vec<u32> = (0..count)
            .map(|number| if number < 4 { number as u32 } else { rng.u32(0..4) })
            .collect();
        rng.shuffle(&mut kinds);
        let times = moments(&mut rng, count, window * 0.05, window * 0.95);
        let events = times
            .into_iter()
            .zip(kinds)
            .map(|(at, kind)| Event { at, what: what(&mut rng, kind, settings) })
            .collect();
        let count = (window * settings.files_per_second) as usize;
        let times = moments(&mut rng, count, 0.0, window);
        let files = times
            .into_iter()
            .enumerate()
            .map(|(number, at)| FileSpec::new(settings.seed, number, at))
            .collect();
        Self { events, files }
    }
}

fn moments(rng: &mut Rng, count: usize, from: f64, to: f64) -> Vec<Duration> {
    let mut times: Vec<_> =
        (0..count).map(|_| Duration::from_secs_f64(from + rng.f64() * (to - from))).collect();
    times.sort();
    times
}

fn what(rng: &mut Rng, kind: u32, settings: &Settings) -> What {
    let slot = rng.usize(0..settings.consumers);
    match kind {
        0 => What::Kill { slot, pause: time(rng, 0.001, 1.0) },
        1 => What::Stop { slot, pause: settings.visibility + time(rng, 0.5, 3.0) },
        2 => What::Term { slot, again: percent(rng, 25).then(|| time(rng, 0.01, 1.0)) },
        _ => {
            let kind = if percent(rng, 50) { Outage::Refused } else { Outage::Silent };
            What::Outage { kind, pause: time(rng, 0.2, 4.0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_plan_with_every_kind_of_fault() {
        let settings = |seed| Settings { seed, ..Settings::from_environment() };
        for seed in 0..50 {
            let plan = Plan::new(&settings(seed));
            assert_eq!(plan, Plan::new(&settings(seed)));
            assert_ne!(plan, Plan::new(&settings(seed + 1)));
            let any = |kind: fn(&What) -> bool| {
                assert!(plan.events.iter().any(|event| kind(&event.what)), "{plan:?}");
            };
            any(|what| matches!(what, What::Kill { .. }));
            any(|what| matches!(what, What::Stop { .. }));
            any(|what| matches!(what, What::Term { .. }));
            any(|what| matches!(what, What::Outage { .. }));
            assert!(
                plan.files.iter().any(|file| file.poison)
                    && plan.files.iter().any(|file| !file.poison)
            );
        }
    }
}
