use super::{batching::Batching, failed::Failed, piece::Piece};
use crate::{
    breaker::OutageClass,
    config::Retry,
    error::ProcessError,
    lane::{
        grace::GRACE,
        try_again::try_again,
        window::{Tried, one_try},
    },
    object::{Records, Share},
    process::{BatchProcessor, Context},
    record::Record,
    runtime::{Failure, Shared},
    stats::ProcessorCounters,
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// One batch being worked on, one part of it at a time.
struct Work {
    /// The pieces. `None` once every record of one has its verdict or was given up: objects do not
    /// wait for each other.
    shares: Vec<Option<Share>>,
    /// Second handles on their records, so that verdicts can be written while they are lent.
    views: Vec<Option<Records>>,
    receive_counts: Vec<u32>,
    /// The records without a verdict, by when they are due and the first of each part.
    parts: BTreeMap<(Instant, Place), Part>,
    /// Tell that a piece's object is stopped.
    stops: FuturesUnordered<BoxFuture<'static, usize>>,
}

/// Which piece, and which of its records.
type Place = (usize, usize);

/// Records that are tried together, in order: at first all of the batch.
struct Part {
    records: Vec<Place>,
    attempt: u32,
}

/// Tries the batch, and what of it is to be tried again, until everything has its verdict or has
/// become pointless. Parts share the batch's place, one after the other.
pub(super) async fn run<P: BatchProcessor>(
    lane: Arc<Batching<P>>,
    pieces: Vec<Piece>,
    permit: OwnedSemaphorePermit,
    shared: Shared,
) {
    pieces.iter().for_each(|piece| piece.share.object().begun(lane.identity.index));
    let abort = &shared.signals.abort;
    let mut work = Work::new(pieces);
    let mut permit = Some(permit);
    let mut doubt = Doubt::default();
    while let Some(part) = work.next(&mut permit, &lane.permits).await {
        let told = abort.child_token();
        let failed = work.attempt(&part, &told, &lane, &shared).await;
        let mine = lane.identity.counters(&shared);
        // The whole batch failed, its retries are used, and nobody told it to give up.
        let whole = failed
            .whole()
            .filter(|failure| !told.is_cancelled() && is_final(failure, part.attempt, &lane.retry));
        if !lane.retry.keep_place {
            permit = None;
        }
        match whole {
            // One record may have failed the others with it.
            Some(failure)
                if part.records.len() > 1
                    && !doubt
                        .is_down(failure, work.example(&part), lane.identity.index, &shared)
                        .await =>
            {
                work.halve(part, failure, mine);
            }
            _ => work.judge(part, &failed, &lane, &shared),
        }
        if abort.is_cancelled() {
            return;
        }
    }
}

/// Whether a batch that failed so as a whole is not tried again as it is.
fn is_final(failure: &Failure, attempt: u32, retry: &Retry) -> bool {
    matches!(failure, Failure::Panic(_))
        || failure.error().is_some_and(ProcessError::is_reject)
        || retry.delay(attempt).is_none()
}

/// Whether it is the processor that is down, while a batch fails.
#[derive(Default)]
struct Doubt {
    /// It was waited once for others to fail too: not for each part again, of which a batch has
    /// thousands.
    has_waited: bool,
}

impl Doubt {
    /// Whether the processor is down, so that no part of a batch that failed so would fare better.
    /// The batch is one failure, whatever it is made of.
    async fn is_down(
        &mut self,
        failure: &Failure,
        example: Option<String>,
        processor: usize,
        shared: &Shared,
    ) -> bool {
        let Some(example) = example.filter(|_| failure.may_pass()) else { return false };
        let of = shared.gate.processor(processor);
        shared.gate.failed(of, OutageClass::Failing, &example, &failure.text());
        if std::mem::replace(&mut self.has_waited, true) {
            return shared.gate.is_down(of);
        }
        shared.gate.means_down(of, example, shared.env.now()).await
    }
}

impl Work {
    fn new(pieces: Vec<Piece>) -> Self {
        let mut work = Self {
            shares: Vec::new(),
            views: Vec::new(),
            receive_counts: Vec::new(),
            parts: BTreeMap::new(),
            stops: FuturesUnordered::new(),
        };
        let mut records = Vec::new();
        for (at, Piece { mut share, receive_count, .. }) in pieces.into_iter().enumerate() {
            // In a batch nothing is done before its first try ends.
            share.track(true);
            let stop = share.object().stop.cancelled_owned();
            work.stops.push(stop.map(move |()| at).boxed());
            records.extend((0..share.len()).map(|i| (at, i)));
            work.views.push(Some(share.view()));
            work.shares.push(Some(share));
            work.receive_counts.push(receive_count);
        }
        work.put(records, 1, Duration::ZERO);
        work
    }

    fn put(&mut self, records: Vec<Place>, attempt: u32, wait: Duration) {
        if let Some(first) = records.first() {
            self.parts.insert((Instant::now() + wait, *first), Part { records, attempt });
        }
    }

    /// The part that is due first, as soon as it is and has a permit. Pieces that are stopped
    /// meanwhile are given up at once.
    async fn next(
        &mut self,
        permit: &mut Option<OwnedSemaphorePermit>,
        permits: &Arc<Semaphore>,
    ) -> Option<Part> {
        while let Some(((due, _), mut part)) = self.parts.pop_first() {
            let ready = async {
                sleep_until(due).await;
                if permit.is_none() {
                    // The semaphore is never closed.
                    *permit = Arc::clone(permits).acquire_owned().await.ok();
                }
            };
            tokio::pin!(ready);
            loop {
                // What was told during a try is found again here.
                self.settle();
                part.records.retain(|(at, _)| self.shares[*at].is_some());
                if part.records.is_empty() {
                    break;
                }
                tokio::select! {
                    biased;
                    Some(_) = self.stops.next(), if !self.stops.is_empty() => {}
                    () = &mut ready => return Some(part),
                }
            }
        }
        None
    }

    /// Lets go of pieces that owe nothing more or are stopped, and shows how far the others came.
    fn settle(&mut self) {
        for (share, view) in self.shares.iter_mut().zip(&mut self.views) {
            match share {
                Some(share) if share.missing() > 0 && !is_stopped(share) => share.show(),
                _ => (*share, *view) = (None, None),
            }
        }
    }

    async fn attempt<P: BatchProcessor>(
        &mut self,
        part: &Part,
        told: &CancellationToken,
        lane: &Batching<P>,
        shared: &Shared,
    ) -> Failed {
        let Self { shares, views, receive_counts, stops, .. } = self;
        let pieces = || part.records.iter().map(|(at, _)| *at);
        let records: Vec<Record<'_>> = part
            .records
            .iter()
            .filter_map(|(at, i)| views[*at].as_ref().map(|view| view.record(*i)))
            .collect();
        let receive_count = pieces().map(|at| receive_counts[at]).max().unwrap_or(1);
        let cx = Context::new(receive_count, told.clone()).at_attempt(part.attempt);
        let began = Instant::now();
        let attempt = one_try(|| lane.processor.process_batch(&records, &cx), lane.options.timeout);
        tokio::pin!(attempt);
        // Tell which piece's object was stopped so long ago that it is not waited for any more.
        let mut graces = FuturesUnordered::new();
        let tried = loop {
            tokio::select! {
                biased;
                tried = &mut attempt => break tried,
                Some(at) = stops.next(), if !stops.is_empty() => {
                    if part.records.binary_search_by_key(&at, |(at, _)| *at).is_err() {
                        shares[at] = None;
                        continue;
                    }
                    graces.push(async move {
                        sleep(GRACE).await;
                        at
                    });
                    // Work that one object at least still wants is not pointless.
                    if pieces().all(|at| shares[at].as_ref().is_none_or(is_stopped)) {
                        told.cancel();
                    }
                }
                // What it still lends it lends until the try ends; the object does not wait for it.
                Some(at) = graces.next(), if !graces.is_empty() => {
                    shares[at] = None;
                    if pieces().all(|at| shares[at].is_none()) {
                        return Failed::Some(Vec::new());
                    }
                }
            }
        };
        let mine = lane.identity.counters(shared);
        shared.counters.timing.batch(lane.identity.index, records.len(), began.elapsed());
        match tried {
            Tried::Returned(Ok(())) => Failed::Some(Vec::new()),
            Tried::Returned(Err(error)) => Failed::of(error, &records),
            Tried::Panicked(message) => {
                mine.panicked.add(1);
                Failed::Whole(Failure::Panic(message))
            }
            Tried::TimedOut(timeout) => {
                mine.timed_out.add(1);
                Failed::Whole(Failure::TimedOut(timeout))
            }
        }
    }

    /// An object of this part, by name.
    fn example(&self, part: &Part) -> Option<String> {
        let share = self.shares[part.records.first()?.0].as_ref()?;
        Some(share.object().object.to_string())
    }

    /// Has the halves of a part tried by themselves, not before the error says it is worth it.
    fn halve(&mut self, part: Part, failure: &Failure, mine: &ProcessorCounters) {
        let Part { records: mut first, attempt } = part;
        let wait = failure.error().and_then(ProcessError::delay).unwrap_or_default();
        mine.retried.add(first.len() as u64);
        let second = first.split_off(first.len() / 2);
        self.put(first, attempt + 1, wait);
        self.put(second, attempt + 1, wait);
    }

    /// Gives the verdicts, and keeps what is to be tried again.
    fn judge<P: BatchProcessor>(
        &mut self,
        part: Part,
        failed: &Failed,
        lane: &Batching<P>,
        shared: &Shared,
    ) {
        let mine = lane.identity.counters(shared);
        let (mut again, mut wait) = (Vec::new(), Duration::ZERO);
        for (position, (at, i)) in part.records.into_iter().enumerate() {
            let Some(share) = &mut self.shares[at] else { continue };
            let Some(failure) = failed.of_record(position) else {
                share.done += 1;
                share.is_done(i);
                continue;
            };
            match try_again(&lane.retry, &shared.env, part.attempt, failure.error()) {
                // Without a verdict it counts as given up. Giving up when told to is no failure.
                Some(_) if is_stopped(share) => {}
                _ if shared.signals.abort.is_cancelled() => {}
                Some(asked) => {
                    wait = wait.max(asked);
                    again.push((at, i));
                }
                None => lane.identity.fail(share, mine, i, failure),
            }
        }
        mine.retried.add(again.len() as u64);
        self.put(again, part.attempt + 1, wait);
    }
}

fn is_stopped(share: &Share) -> bool {
    share.object().stop.is_cancelled()
}
