use super::{
    COMPANY, Event, MOST_HELD, Outage, OutageClass, OutageOf, Receiving, failed::Failed,
    fresh::Fresh, one::Breaker,
};
use crate::tracking::Moment;
use std::{collections::BTreeMap, time::Duration};

/// All breakers that have something to remember.
#[derive(Debug, Default)]
pub(crate) struct Breakers {
    all: BTreeMap<OutageOf, Breaker>,
    fresh: Fresh,
    events: Vec<Event>,
    is_news: bool,
}

/// What a failure that may pass means for its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judged {
    /// What it depends on is down: it is held.
    Down,
    Own,
    /// To be asked again then, or when something changes.
    Unclear(Moment),
}

impl Breakers {
    /// Nothing is remembered, so a success need not be reported.
    pub(crate) fn is_calm(&self) -> bool {
        self.all.is_empty()
    }

    /// What happened since this was last asked, and whether those who wait should look again.
    pub(crate) fn take_news(&mut self) -> (Vec<Event>, bool) {
        (std::mem::take(&mut self.events), std::mem::take(&mut self.is_news))
    }

    pub(crate) fn failed(
        &mut self,
        of: &OutageOf,
        failed: &Failed<'_>,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) {
        // Of the queue each request shows something, of the others each object.
        let is_anew = *of == OutageOf::Queue;
        self.all.entry(of.clone()).or_default().failed(failed, is_anew, now, jitter);
        self.advance(now);
    }

    /// Something succeeded: it is up, and what failed since was not an outage.
    pub(crate) fn succeeded(&mut self, of: &OutageOf, now: Moment) {
        self.disprove(of, now, |_| true);
        // Where a processor or a disk is down, an object that can be read shows nothing.
        let is_behind = |of: &OutageOf| matches!(of, OutageOf::Processor(_) | OutageOf::Spool(_));
        if *of != OutageOf::Queue && !self.open().any(is_behind) {
            self.fresh.trust();
        }
    }

    /// A definite answer about one object: the store is there, and knows us. It says nothing of
    /// what others may be denied.
    pub(crate) fn answered(&mut self, of: &OutageOf, now: Moment) {
        self.disprove(of, now, |class| class != OutageClass::Denied);
    }

    fn disprove(&mut self, of: &OutageOf, now: Moment, such: impl Fn(OutageClass) -> bool) {
        self.advance(now);
        let Some(breaker) = self.all.get_mut(of) else { return };
        let over = breaker.view(of, now).filter(|outage| such(outage.class));
        self.is_news |= breaker.disprove(such);
        if let Some(outage) = over {
            let is_announced = breaker.close();
            self.events.push(Event::Over { outage, is_announced });
        }
        self.all.retain(|_, breaker| !breaker.is_idle(now));
    }

    /// Whether it is known to be down, and what needs it can be held.
    pub(crate) fn is_down(&mut self, of: &OutageOf, now: Moment) -> bool {
        self.advance(now);
        self.all.get(of).is_some_and(Breaker::is_open) && self.held() < MOST_HELD
    }

    /// What a failure of this object, at that moment, means for it.
    pub(crate) fn judge(
        &mut self,
        of: &OutageOf,
        object: &str,
        failed_at: Moment,
        now: Moment,
    ) -> Judged {
        let unclear_until = failed_at + COMPANY;
        match () {
            () if self.is_down(of, now) => Judged::Down,
            () if now < unclear_until
                && self.all.get(of).is_some_and(|breaker| breaker.suspects(object)) =>
            {
                Judged::Unclear(unclear_until)
            }
            () => Judged::Own,
        }
    }

    /// Whether somebody may try now; else when to ask again. Of what is held one may, in each
    /// pause; what has not failed yet always may, unless less was asked for.
    pub(crate) fn admit(
        &mut self,
        of: &OutageOf,
        is_held: bool,
        now: Moment,
        jitter: impl Fn(Duration) -> Duration,
    ) -> Result<(), Moment> {
        self.advance(now);
        self.all.get_mut(of).map_or(Ok(()), |breaker| breaker.admit(is_held, now, jitter))
    }

    /// One more object is held for this; or one less.
    pub(crate) fn hold(&mut self, of: &OutageOf, now: Moment) {
        self.all.entry(of.clone()).or_default().held += 1;
        self.fresh.distrust(now);
    }

    pub(crate) fn let_go(&mut self, of: &OutageOf, now: Moment) {
        if let Some(breaker) = self.all.get_mut(of) {
            breaker.held -= 1;
        }
        self.all.retain(|_, breaker| !breaker.is_idle(now));
    }

    /// How messages may be received now.
    pub(crate) fn receiving(&mut self, now: Moment) -> Receiving {
        self.advance(now);
        let is_free = self.open().all(|of| *of == OutageOf::Queue);
        if is_free { Receiving::Free } else { self.fresh.receiving(now) }
    }

    /// A message came.
    pub(crate) fn received(&mut self, now: Moment, jitter: impl Fn(Duration) -> Duration) {
        self.fresh.received(now, jitter);
    }

    /// The outages that last.
    pub(crate) fn view(&self, now: Moment) -> Vec<Outage> {
        self.all.iter().filter_map(|(of, breaker)| breaker.view(of, now)).collect()
    }

    fn open(&self) -> impl Iterator<Item = &OutageOf> {
        self.all.iter().filter(|(_, breaker)| breaker.is_open()).map(|(of, _)| of)
    }

    fn held(&self) -> u64 {
        self.all.values().map(|breaker| breaker.held).sum()
    }

    /// What the passing of time brings: breakers open.
    fn advance(&mut self, now: Moment) {
        for (of, breaker) in &mut self.all {
            let Some(is_announced) = breaker.open_if_due(now) else { continue };
            if *of != OutageOf::Queue {
                self.fresh.distrust(now);
            }
            let outage = breaker.view(of, now);
            self.events.extend(outage.map(|outage| Event::Declared { outage, is_announced }));
            self.is_news = true;
        }
    }

    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [(&'static str, usize); 2] {
        let suspects = self.all.values().map(Breaker::suspected).sum();
        [("breakers", self.all.len()), ("breakers: suspects", suspects)]
    }
}
