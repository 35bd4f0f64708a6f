use super::{batching::Batching, failed::Failed, piece::Piece};
use crate::{
    lane::{
        grace::GRACE,
        try_again::try_again,
        window::{Tried, one_try},
    },
    object::{Records, Share},
    process::{BatchProcessor, Context},
    record::Record,
    runtime::{Failure, Shared},
};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// One batch being worked on.
struct Work {
    /// The pieces. `None` once every record of one has its verdict or was given up: objects do not
    /// wait for each other.
    shares: Vec<Option<Share>>,
    /// Second handles on their records, so that verdicts can be written while they are lent.
    views: Vec<Option<Records>>,
    /// The records without a verdict: which piece, and which of its records.
    left: Vec<(usize, usize)>,
    /// Tell that a piece's object is stopped.
    stops: FuturesUnordered<WaitForCancellationFutureOwned>,
    /// Tell which piece's object was stopped so long ago that it is not waited for any more.
    graces: FuturesUnordered<BoxFuture<'static, usize>>,
    cancellation: CancellationToken,
}

/// Tries the batch, and what of it is to be tried again, until everything has its verdict or has
/// become pointless.
pub(super) async fn run<P: BatchProcessor>(
    lane: Arc<Batching<P>>,
    pieces: Vec<Piece>,
    permit: OwnedSemaphorePermit,
    shared: Shared,
) {
    let receive_count = pieces.iter().map(|piece| piece.receive_count).max().unwrap_or(1);
    pieces.iter().for_each(|piece| piece.share.object().begun(lane.identity.index));
    let mut work = Work::new(pieces, shared.signals.abort.child_token());
    let cx = Context::new(receive_count, work.cancellation.clone());
    let mut permit = Some(permit);
    for attempt in 1.. {
        let failed = work.attempt(&lane, &cx.at_attempt(attempt), &shared).await;
        let wait = work.judge(&failed, attempt, &lane, &shared);
        if work.left.is_empty() {
            return;
        }
        if !lane.retry.keep_place {
            permit = None;
        }
        work.rest(wait, &mut permit, &lane.permits).await;
        if work.left.is_empty() {
            return;
        }
    }
}

impl Work {
    fn new(pieces: Vec<Piece>, cancellation: CancellationToken) -> Self {
        let (stops, graces) = (FuturesUnordered::new(), FuturesUnordered::new());
        let (mut left, mut shares, mut views) = (Vec::new(), Vec::new(), Vec::new());
        for (at, Piece { share, .. }) in pieces.into_iter().enumerate() {
            let stop = share.object().stop.clone();
            stops.push(stop.clone().cancelled_owned());
            graces.push(Box::pin(async move {
                stop.cancelled_owned().await;
                sleep(GRACE).await;
                at
            }) as BoxFuture<'static, usize>);
            left.extend((0..share.len()).map(|i| (at, i)));
            views.push(Some(share.view()));
            shares.push(Some(share));
        }
        Self { shares, views, left, stops, graces, cancellation }
    }

    async fn attempt<P: BatchProcessor>(
        &mut self,
        lane: &Batching<P>,
        cx: &Context,
        shared: &Shared,
    ) -> Failed {
        let Self { shares, views, left, stops, graces, cancellation } = self;
        let records: Vec<Record<'_>> = left
            .iter()
            .filter_map(|(at, i)| views[*at].as_ref().map(|view| view.record(*i)))
            .collect();
        let attempt = one_try(|| lane.processor.process_batch(&records, cx), lane.options.timeout);
        tokio::pin!(attempt);
        let tried = loop {
            tokio::select! {
                biased;
                tried = &mut attempt => break tried,
                // Work that one object at least still wants is not pointless.
                Some(_) = stops.next(), if !stops.is_empty() => {
                    if shares.iter().flatten().all(is_stopped) {
                        cancellation.cancel();
                    }
                }
                // What it still lends it lends until the try ends; the object does not wait for it.
                Some(at) = graces.next(), if !graces.is_empty() => {
                    shares[at] = None;
                    if shares.iter().all(Option::is_none) {
                        return Failed::Some(Vec::new());
                    }
                }
            }
        };
        let mine = lane.identity.counters(shared);
        match tried {
            Tried::Returned(Ok(())) => Failed::Some(Vec::new()),
            Tried::Returned(Err(error)) => Failed::of(error, records.len()),
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

    /// Gives the verdicts, keeps what is to be tried again, and says how long that is to rest.
    fn judge<P: BatchProcessor>(
        &mut self,
        failed: &Failed,
        attempt: u32,
        lane: &Batching<P>,
        shared: &Shared,
    ) -> Duration {
        let mine = lane.identity.counters(shared);
        let mut wait = Duration::ZERO;
        let left = std::mem::take(&mut self.left);
        for (position, (at, i)) in left.into_iter().enumerate() {
            let Some(share) = &mut self.shares[at] else { continue };
            let Some(failure) = failed.of_record(position) else {
                share.done += 1;
                continue;
            };
            let pointless = share.object().stop.is_cancelled();
            match try_again(&lane.retry, &shared.env, attempt, failure.error()) {
                // Without a verdict it counts as given up. Giving up when told to is no failure.
                Some(_) if pointless => {}
                _ if shared.signals.abort.is_cancelled() => {}
                Some(asked) => {
                    wait = wait.max(asked);
                    self.left.push((at, i));
                }
                None => lane.identity.fail(share, mine, i, failure),
            }
        }
        mine.retried.add(self.left.len() as u64);
        let mut owing = self.left.iter().map(|(at, _)| *at).peekable();
        for (at, share) in self.shares.iter_mut().enumerate() {
            if owing.peek() != Some(&at) {
                (*share, self.views[at]) = (None, None);
            }
            while owing.next_if_eq(&at).is_some() {}
            if let Some(share) = share {
                share.show();
            }
        }
        wait
    }

    /// Rests, and gets a permit again if it was given back. Pieces that are stopped meanwhile are
    /// given up at once.
    async fn rest(
        &mut self,
        wait: Duration,
        permit: &mut Option<OwnedSemaphorePermit>,
        permits: &Arc<Semaphore>,
    ) {
        let ready = async {
            sleep(wait).await;
            if permit.is_none() {
                // The semaphore is never closed.
                *permit = Arc::clone(permits).acquire_owned().await.ok();
            }
        };
        tokio::pin!(ready);
        let Self { shares, views, left, stops, .. } = self;
        loop {
            // What was told during the try is found again here.
            for (share, view) in shares.iter_mut().zip(&mut *views) {
                if share.as_ref().is_some_and(is_stopped) {
                    (*share, *view) = (None, None);
                }
            }
            left.retain(|(at, _)| shares[*at].is_some());
            if left.is_empty() {
                return;
            }
            tokio::select! {
                biased;
                () = &mut ready => return,
                Some(_) = stops.next(), if !stops.is_empty() => {}
            }
        }
    }
}

fn is_stopped(share: &Share) -> bool {
    share.object().stop.is_cancelled()
}
