use super::{batching::Batching, failed::Failed, piece::Piece};
use crate::{
    lane::{
        try_again::try_again,
        window::{Tried, one_try},
    },
    object::{Records, Share},
    process::{BatchProcessor, Context},
    record::Record,
    runtime::{Failure, Shared},
};
use futures::{StreamExt, stream::FuturesUnordered};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// One batch being worked on.
struct Work {
    /// `None` once every record of a piece has its verdict: objects do not wait for each other.
    pieces: Vec<Option<Open>>,
    /// The records without a verdict: which piece, and which of its records.
    left: Vec<(usize, usize)>,
    /// Tell that a piece's object is stopped.
    stops: FuturesUnordered<WaitForCancellationFutureOwned>,
    cancellation: CancellationToken,
}

struct Open {
    share: Share,
    /// A second handle on the records, so that verdicts can be written while they are lent.
    view: Records,
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
        let stops = FuturesUnordered::new();
        let mut left = Vec::new();
        let mut open = Vec::new();
        for (at, Piece { share, .. }) in pieces.into_iter().enumerate() {
            stops.push(share.object().stop.clone().cancelled_owned());
            left.extend((0..share.len()).map(|i| (at, i)));
            let view = share.view();
            open.push(Some(Open { share, view }));
        }
        Self { pieces: open, left, stops, cancellation }
    }

    async fn attempt<P: BatchProcessor>(
        &mut self,
        lane: &Batching<P>,
        cx: &Context,
        shared: &Shared,
    ) -> Failed {
        let Self { pieces, left, stops, cancellation } = self;
        let records: Vec<Record<'_>> = left
            .iter()
            .filter_map(|(at, i)| pieces[*at].as_ref().map(|open| open.view.record(*i)))
            .collect();
        let attempt = one_try(|| lane.processor.process_batch(&records, cx), lane.options.timeout);
        tokio::pin!(attempt);
        let tried = loop {
            tokio::select! {
                biased;
                tried = &mut attempt => break tried,
                // Work that one object at least still wants is not pointless.
                Some(_) = stops.next(), if !stops.is_empty() => {
                    if pieces.iter().flatten().all(|open| open.share.object().stop.is_cancelled()) {
                        cancellation.cancel();
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
            let Some(Open { share, .. }) = &mut self.pieces[at] else { continue };
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
        for (at, piece) in self.pieces.iter_mut().enumerate() {
            if owing.peek() != Some(&at) {
                *piece = None;
            }
            while owing.next_if_eq(&at).is_some() {}
            if let Some(open) = piece {
                open.share.show();
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
        let Self { pieces, left, stops, .. } = self;
        // What was told during the try is found again here.
        let is_stopped = |piece: &Option<Open>| {
            piece.as_ref().is_some_and(|open| open.share.object().stop.is_cancelled())
        };
        loop {
            pieces.iter_mut().filter(|piece| is_stopped(piece)).for_each(|piece| *piece = None);
            left.retain(|(at, _)| pieces[*at].is_some());
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
