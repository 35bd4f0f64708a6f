use super::{
    COMPANY, CROWD, FIRST_PAUSE, FIRST_TRIAL, LONGEST_PAUSE, LONGEST_TRIAL, Outage, OutageClass,
    OutageOf, QUIET, failed::Failed, pause::Pause,
};
use crate::tracking::Moment;
use std::{collections::BTreeMap, time::Duration};

/// The breaker of one thing.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// What failed alike since the last success.
    crowds: BTreeMap<OutageClass, Crowd>,
    /// Less was asked for: nothing is begun before.
    throttle: Pause,
    open: Option<Open>,
    /// Objects that wait for it to close.
    pub(super) held: u64,
    /// It is not announced again before.
    quiet_until: Moment,
}

/// Different objects that failed alike: no more than it takes.
#[derive(Debug)]
struct Crowd {
    since: Moment,
    objects: Vec<String>,
    /// Of the last one.
    error: String,
}

#[derive(Debug)]
struct Open {
    class: OutageClass,
    since: Moment,
    example: String,
    error: String,
    /// Tries since that failed too.
    trials: u64,
    next_trial: Pause,
    is_announced: bool,
}

impl Breaker {
    /// `is_anew`: it counts although its example is known.
    pub(super) fn failed(
        &mut self,
        failed: &Failed<'_>,
        is_anew: bool,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) {
        let &Failed { class, example, error } = failed;
        if let Some(open) = &mut self.open {
            (open.class, open.trials) = (class, open.trials + 1);
            (open.example, open.error) = (example.to_owned(), error.to_owned());
            return;
        }
        // Many that were asked at one moment are one answer.
        if class == OutageClass::Throttled && now >= self.throttle.until {
            self.throttle.lengthen(FIRST_PAUSE, LONGEST_PAUSE, now, jitter);
        }
        let crowd = self.crowds.entry(class).or_insert_with(|| Crowd {
            since: now,
            objects: Vec::new(),
            error: String::new(),
        });
        let is_known = !is_anew && crowd.objects.iter().any(|one| one == example);
        if crowd.objects.len() < class.crowd() && !is_known {
            crowd.objects.push(example.to_owned());
        }
        crowd.error = error.to_owned();
    }

    /// Opens if a crowd stands for long enough. Says then whether to announce it.
    pub(super) fn open_if_due(&mut self, now: Moment) -> Option<bool> {
        if self.open.is_some() {
            return None;
        }
        let is_due = |(class, crowd): &(&OutageClass, &Crowd)| {
            crowd.objects.len() >= class.crowd() && now >= crowd.since + class.confirm()
        };
        let class = *self.crowds.iter().find(is_due)?.0;
        let Crowd { objects, error, .. } = self.crowds.remove(&class)?;
        let is_announced = now >= self.quiet_until;
        if is_announced {
            self.quiet_until = now + QUIET;
        }
        self.open = Some(Open {
            class,
            since: now,
            example: objects.into_iter().next_back().unwrap_or_default(),
            error,
            trials: 0,
            next_trial: Pause::begin(now, FIRST_TRIAL),
            is_announced,
        });
        (self.crowds, self.throttle) = (BTreeMap::new(), Pause::default());
        Some(is_announced)
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Something succeeded since: says whether that clears a suspect.
    pub(super) fn disprove(&mut self, such: impl Fn(OutageClass) -> bool) -> bool {
        let before = self.crowds.len();
        self.crowds.retain(|class, _| !such(*class));
        self.throttle = Pause::default();
        self.open.is_some() || self.crowds.len() < before
    }

    /// Says whether it was announced.
    pub(super) fn close(&mut self) -> bool {
        self.open.take().is_some_and(|open| open.is_announced)
    }

    /// Whether this object failed and nothing succeeded since.
    pub(super) fn suspects(&self, object: &str) -> bool {
        let is_full = |(class, crowd): (&OutageClass, &Crowd)| {
            // Of a crowd that is complete not all are known.
            crowd.objects.len() >= class.crowd() || crowd.objects.iter().any(|one| one == object)
        };
        self.crowds.iter().any(is_full)
    }

    pub(super) fn admit(
        &mut self,
        is_held: bool,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) -> Result<(), Moment> {
        match &mut self.open {
            Some(open) if is_held && now < open.next_trial.until => Err(open.next_trial.until),
            Some(open) => {
                if is_held {
                    open.next_trial.lengthen(FIRST_TRIAL, LONGEST_TRIAL, now, jitter);
                }
                Ok(())
            }
            None if now < self.throttle.until => Err(self.throttle.until),
            None => Ok(()),
        }
    }

    pub(super) fn is_idle(&self, now: Moment) -> bool {
        let is_closed = self.open.is_none() && self.crowds.is_empty() && self.throttle.is_none();
        is_closed && self.held == 0 && self.quiet_until <= now
    }

    pub(super) fn view(&self, of: &OutageOf, now: Moment) -> Option<Outage> {
        self.open.as_ref().map(|open| Outage {
            of: of.clone(),
            class: open.class,
            age: now.since(open.since),
            example: open.example.clone(),
            error: open.error.clone(),
            trials: open.trials,
            held: self.held,
        })
    }

    #[cfg(test)]
    pub(super) fn suspected(&self) -> usize {
        self.crowds.values().map(|crowd| crowd.objects.len()).sum()
    }
}

impl OutageClass {
    /// How long a crowd has to stand.
    fn confirm(self) -> Duration {
        if self.is_never_of_an_object() { Duration::ZERO } else { COMPANY }
    }

    /// How many different objects show that it is not about them.
    fn crowd(self) -> usize {
        if self.is_never_of_an_object() { 1 } else { CROWD }
    }

    /// One failure shows that all would fail.
    fn is_never_of_an_object(self) -> bool {
        matches!(self, Self::Credentials | Self::Disk)
    }
}
