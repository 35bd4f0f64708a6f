use super::{Moment, Policy};
use crate::config::MAX_TOTAL;
use std::time::Duration;

/// How long before the end of the 12 hours work is told to stop, at most: what a slow record and
/// the release may take.
const FAREWELL: Duration = Duration::from_secs(60);
/// How long a request that nobody answered may still take effect, from when it was given up. AWS
/// refuses a request whose signature is more than five minutes old (IAM User Guide, "AWS Signature
/// Version 4"), or that much ahead: signed by a clock that is ahead by nearly five minutes, it
/// stands for ten. What the SDK sends again it signs again, but never after it was given up.
pub(super) const DOUBT: Duration = Duration::from_secs(600);

/// How long one delivery of a message is surely ours.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    /// The earliest moment at which the message can become visible again.
    until: Moment,
    /// The end of the 12 hours of this receive.
    hard_end: Moment,
    /// The term last granted.
    term: Duration,
    doubt: Option<Doubt>,
    /// No request before this moment, after one failed.
    pause: Moment,
    lost: bool,
}

/// An extension, or several, that nobody answered. It may still take effect, and replace what was
/// granted since.
#[derive(Debug, Clone, Copy)]
struct Doubt {
    /// The shortest term that was asked for.
    term: Duration,
    ends: Moment,
}

impl Lease {
    /// A lease counts from when the receive was sent, which is before the service started counting.
    pub(super) fn new(sent: Moment, term: Duration) -> Self {
        Self {
            until: sent + term,
            hard_end: sent + MAX_TOTAL,
            term,
            doubt: None,
            pause: Moment::default(),
            lost: false,
        }
    }

    pub(super) fn until(&self) -> Moment {
        self.until
    }

    pub(super) fn is_lost(&self, now: Moment) -> bool {
        self.lost || now >= self.until
    }

    pub(super) fn lose(&mut self) {
        self.lost = true;
    }

    /// Whether an extension may still take effect that nobody answered.
    pub(super) fn is_doubtful(&self, now: Moment) -> bool {
        self.doubt_at(now).is_some()
    }

    fn doubt_at(&self, moment: Moment) -> Option<Doubt> {
        self.doubt.filter(|doubt| moment < doubt.ends)
    }

    /// When the work has to be given up: so long before the end of the 12 hours, as far as
    /// extensions reach, that it can still be handed back.
    pub(super) fn give_up_at(&self, policy: &Policy) -> Moment {
        self.hard_end
            - policy.request_timeout()
            - Duration::from_secs(1)
            - (policy.visibility_timeout / 2).min(FAREWELL)
    }

    /// When the next extension is due: half a term before the end, so that one may fail and the
    /// next still arrives.
    pub(super) fn extend_at(&self) -> Moment {
        (self.until - self.term / 2).max(self.pause)
    }

    /// The next term: as long as the work is old, so that long work costs few requests.
    pub(super) fn next_term(&self, age: Duration, now: Moment, policy: &Policy) -> Duration {
        let longest = policy.max_term.max(policy.visibility_timeout);
        Duration::from_secs(age.clamp(policy.visibility_timeout, longest).as_secs())
            .min(self.longest(now, policy))
    }

    /// Whether an extension sent now would make the lease longer. Towards the end of the 12 hours
    /// it would not, and one that only confirms what is granted would be followed by ever more of
    /// them.
    pub(super) fn is_extensible(&self, term: Duration, now: Moment) -> bool {
        now + self.sure(term, now) > self.until
    }

    /// The longest timeout that may be asked for now. The service counts it from when the request
    /// arrives, and refuses what reaches beyond the 12 hours as if the receipt were stale; so the
    /// time a request may take is left out.
    pub(super) fn longest(&self, now: Moment, policy: &Policy) -> Duration {
        Duration::from_secs(self.hard_end.since(now + policy.request_timeout()).as_secs())
    }

    pub(super) fn extended(&mut self, sent: Moment, term: Duration) {
        let sure = self.sure(term, sent);
        self.until = sent + sure;
        self.term = sure;
        self.pause = Moment::default();
    }

    /// How much of a term is ours for certain if it is asked for at that moment.
    fn sure(&self, term: Duration, sent: Moment) -> Duration {
        self.doubt_at(sent).map_or(term, |doubt| doubt.term.min(term))
    }

    /// Nobody answered until now: the lease is the shorter of both outcomes.
    pub(super) fn unanswered(&mut self, sent: Moment, term: Duration, now: Moment) {
        self.until = self.until.min(sent + term);
        self.doubt = Some(Doubt { term: self.sure(term, sent), ends: now + DOUBT });
    }

    pub(super) fn pause(&self) -> Moment {
        self.pause
    }

    pub(super) fn pause_until(&mut self, moment: Moment) {
        self.pause = moment;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> Policy {
        Policy { visibility_timeout: 30 * SECOND, max_term: 600 * SECOND, ..Policy::default() }
    }

    fn at(seconds: u32) -> Moment {
        Moment::after_start(seconds * SECOND)
    }

    #[test]
    fn trap_40_a_lease_counts_from_when_the_receive_was_sent() {
        let lease = Lease::new(at(100), 30 * SECOND);
        assert!(!lease.is_lost(at(129)) && lease.is_lost(at(130)));
        assert_eq!(lease.extend_at(), at(115));
    }

    #[test]
    fn trap_39_terms_grow_with_the_work_and_end_with_the_twelve_hours() {
        let lease = Lease::new(at(0), 30 * SECOND);
        let term = |age: u32| lease.next_term(age * SECOND, at(age), &policy());
        assert_eq!(term(5), 30 * SECOND);
        assert_eq!(term(100), 100 * SECOND);
        assert_eq!(term(5_000), 600 * SECOND);
        assert_eq!(term(12 * 3600 - 50), 42 * SECOND, "the request may take 7.5 s");
        assert_eq!(lease.give_up_at(&policy()) + policy().request_timeout(), at(12 * 3600 - 16));
    }

    #[test]
    fn trap_39_an_extension_that_gains_nothing_is_none() {
        let whole = Lease::new(at(0), MAX_TOTAL);
        let left = whole.next_term(6 * 3600 * SECOND, at(6 * 3600), &policy());
        assert!(!whole.is_extensible(left, at(6 * 3600)));
        assert!(Lease::new(at(0), 30 * SECOND).is_extensible(30 * SECOND, at(15)));
    }

    #[test]
    fn an_unanswered_extension_leaves_the_shorter_outcome() {
        let mut lease = Lease::new(at(0), 300 * SECOND);
        lease.unanswered(at(150), 30 * SECOND, at(155));
        assert_eq!(lease.until(), at(180));
        lease.extended(at(160), 100 * SECOND);
        assert_eq!(
            lease.until(),
            at(190),
            "the unanswered one may land after the one that was granted"
        );
        assert!(lease.is_doubtful(at(754)) && !lease.is_doubtful(at(755)));
        lease.extended(at(755), 100 * SECOND);
        assert_eq!(lease.until(), at(855), "nobody accepts its signature any more");
    }

    #[test]
    fn a_second_doubt_lasts_longer_and_keeps_the_shorter_term() {
        let mut lease = Lease::new(at(0), 300 * SECOND);
        lease.unanswered(at(100), 30 * SECOND, at(105));
        lease.unanswered(at(110), 90 * SECOND, at(115));
        lease.extended(at(120), 100 * SECOND);
        assert_eq!(lease.until(), at(150));
        assert!(lease.is_doubtful(at(714)) && !lease.is_doubtful(at(715)));
    }
}
