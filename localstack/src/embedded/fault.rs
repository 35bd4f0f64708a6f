//! Faults on demand: which requests go wrong, how often, and in what way.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;

use crate::embedded::{ids::mix, lock};

/// What happens to a request that a [`FaultPlan`] selects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing takes effect; the answer is this HTTP status with this AWS error code.
    Status {
        /// The HTTP status, for example 503.
        status: u16,
        /// The AWS error code, for example `SlowDown`.
        code: String,
    },
    /// The request waits this long before it takes effect; one of SQS or SNS does so even if its
    /// client is gone by then.
    Delay(Duration),
    /// The request takes effect at once and is answered this much later.
    DelayAnswer(Duration),
    /// The connection ends when this many bytes of the body are sent.
    CutBody {
        /// Bytes of the body that are sent.
        after: u64,
    },
    /// The body stops for a while after this many bytes, then goes on.
    StallBody {
        /// Bytes of the body that come before the pause.
        after: u64,
        /// How long the pause is.
        pause: Duration,
    },
    /// The lowest bit of this byte of the body is another one when it is sent; nothing else of the
    /// answer says so.
    FlipBody {
        /// The byte's offset in this answer's body, from 0; beyond its end nothing changes.
        at: u64,
    },
    /// These entries of a batch (by position; empty = all) are reported under `Failed` and have no
    /// effect.
    FailEntries {
        /// Positions in the request, from 0.
        entries: Vec<usize>,
        /// The code of each failed entry, for example `InternalError`.
        code: String,
    },
    /// `ReceiveMessage`: each message that is returned also stays in the queue as a copy with the
    /// same message id, with a life and receipt handles of its own, as a queue that delivers at
    /// least once may do.
    Duplicate,
    /// The request takes effect, then the connection ends without an answer.
    LostAnswer,
}

impl Fault {
    /// The code with which the entry at this position of a batch is to fail.
    pub(crate) fn of_entry(faults: &[Fault], at: usize) -> Option<String> {
        faults.iter().find_map(|fault| match fault {
            Fault::FailEntries { entries, code } if entries.is_empty() || entries.contains(&at) => {
                Some(code.clone())
            }
            _ => None,
        })
    }

    /// The faults before the effect; one that refuses the request is given back as its status and
    /// code.
    pub(crate) async fn before(faults: &[Fault]) -> Option<(u16, String)> {
        let mut refused = None;
        for fault in faults {
            match fault {
                Fault::Delay(delay) => sleep(*delay).await,
                Fault::Status { status, code } => refused = Some((*status, code.clone())),
                _ => {}
            }
        }
        refused
    }
}

/// Selects requests and says what goes wrong with them: by default every request of the operation.
///
/// ```
/// # use local_aws::{Fault, FaultPlan};
/// let cut = Fault::CutBody { after: 1000 };
/// let twice = FaultPlan::new("GetObject", cut).matching("data/").times(2);
/// let some = FaultPlan::new("DeleteMessageBatch", Fault::LostAnswer).share(0.1, 42);
/// # let _ = (twice, some);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a plan does nothing until it is injected"]
pub struct FaultPlan {
    operation: String,
    fault: Fault,
    matching: Option<String>,
    skip: u64,
    times: u64,
    share: Option<(f64, u64)>,
}

impl FaultPlan {
    /// A plan for each request of `operation`, named as in the AWS API (`ReceiveMessage`,
    /// `GetObject`, ...); `*` stands for every operation.
    pub fn new(operation: impl Into<String>, fault: Fault) -> Self {
        Self {
            operation: operation.into(),
            fault,
            matching: None,
            skip: 0,
            times: u64::MAX,
            share: None,
        }
    }

    /// Only requests about something whose name contains `text`: `bucket/key` for S3, the request
    /// body for SQS and SNS.
    pub fn matching(mut self, text: impl Into<String>) -> Self {
        self.matching = Some(text.into());
        self
    }

    /// Lets the first `count` selected requests pass.
    pub fn skip(mut self, count: u64) -> Self {
        self.skip = count;
        self
    }

    /// Ends after `count` faults. Default: never.
    pub fn times(mut self, count: u64) -> Self {
        self.times = count;
        self
    }

    /// Only this share (0.0 to 1.0) of the selected requests; the same seed picks the same ones by
    /// their order.
    pub fn share(mut self, share: f64, seed: u64) -> Self {
        self.share = Some((share, seed));
        self
    }
}

/// Tells how often an injected [`FaultPlan`] has struck.
#[derive(Debug, Clone)]
pub struct FaultHits(Arc<AtomicU64>);

impl FaultHits {
    /// Faults so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct Active {
    plan: FaultPlan,
    seen: u64,
    hits: Arc<AtomicU64>,
}

#[derive(Debug, Default)]
pub(crate) struct Faults {
    any: AtomicBool,
    active: Mutex<Vec<Active>>,
}

impl Faults {
    pub(crate) fn inject(&self, plan: FaultPlan) -> FaultHits {
        let hits = Arc::new(AtomicU64::new(0));
        lock(&self.active).push(Active { plan, seen: 0, hits: Arc::clone(&hits) });
        self.any.store(true, Ordering::Release);
        FaultHits(hits)
    }

    pub(crate) fn clear(&self) {
        lock(&self.active).clear();
        self.any.store(false, Ordering::Release);
    }

    /// The faults that strike this request, in the order in which they were injected.
    pub(crate) fn strike(&self, operation: &str, subject: impl FnOnce() -> String) -> Vec<Fault> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let subject = subject();
        let mut active = lock(&self.active);
        let struck = active.iter_mut().filter_map(|active| {
            let strikes = active.strikes(operation, &subject);
            strikes.then(|| active.plan.fault.clone())
        });
        struck.collect()
    }
}

impl Active {
    fn strikes(&mut self, operation: &str, subject: &str) -> bool {
        let plan = &self.plan;
        let selected = (plan.operation == "*" || plan.operation == operation)
            && plan.matching.as_ref().is_none_or(|text| subject.contains(text.as_str()));
        if !selected || self.hits.load(Ordering::Relaxed) >= plan.times {
            return false;
        }
        let order = self.seen;
        self.seen += 1;
        let picked = plan.share.is_none_or(|(share, seed)| {
            let draw = mix(seed ^ mix(order)) >> 11;
            (draw as f64) < share * (1u64 << 53) as f64
        });
        if order < plan.skip || !picked {
            return false;
        }
        self.hits.fetch_add(1, Ordering::AcqRel);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(faults: &Faults, operation: &str, subject: &str) -> bool {
        !faults.strike(operation, || subject.to_owned()).is_empty()
    }

    #[test]
    fn skip_times_and_matching_select_requests() {
        let faults = Faults::default();
        let plan = FaultPlan::new("GetObject", Fault::LostAnswer).matching("b/k").skip(1).times(2);
        let hits = faults.inject(plan);
        assert!(!strikes(&faults, "GetObject", "b/k1"));
        assert!(!strikes(&faults, "PutObject", "b/k1"));
        assert!(!strikes(&faults, "GetObject", "b/other"));
        assert!(strikes(&faults, "GetObject", "b/k2"));
        assert!(strikes(&faults, "GetObject", "b/k3"));
        assert!(!strikes(&faults, "GetObject", "b/k4"));
        assert_eq!(hits.count(), 2);
    }

    #[test]
    fn a_share_repeats_with_its_seed() {
        let run = |seed| {
            let faults = Faults::default();
            faults.inject(FaultPlan::new("*", Fault::LostAnswer).share(0.3, seed));
            (0..1000).map(|_| strikes(&faults, "Any", "")).collect::<Vec<_>>()
        };
        let hits = run(7).iter().filter(|hit| **hit).count();
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        assert!((200..400).contains(&hits), "{hits} of 1000 at 0.3");
    }
}
