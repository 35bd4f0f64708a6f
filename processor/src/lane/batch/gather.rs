use super::{batching::Batching, halving, piece::Piece};
use crate::{
    config::BatchOptions,
    process::BatchProcessor,
    runtime::{Shared, report},
};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{collections::VecDeque, future::poll_fn, sync::Arc};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};
use tokio_util::sync::{PollSemaphore, WaitForCancellationFutureOwned};
use tracing::Instrument;

/// All that waits, the longest waiting first.
#[derive(Default)]
struct Waiting {
    pieces: VecDeque<Piece>,
    records: usize,
    bytes: usize,
    /// Tell of objects that are stopped: at least one for each piece.
    stops: FuturesUnordered<WaitForCancellationFutureOwned>,
    /// Tell which piece's object waits for its buffers.
    wanted: FuturesUnordered<BoxFuture<'static, u64>>,
    /// The number of the next piece.
    next: u64,
}

/// Gathers until the pipeline ends. A batch that is full or due leaves as soon as there is a place
/// for it; until then more may join it, and what has become pointless is taken out.
pub(super) async fn gather<P: BatchProcessor>(
    lane: Arc<Batching<P>>,
    mut incoming: UnboundedReceiver<Piece>,
    shared: Shared,
) {
    let mut waiting = Waiting::default();
    let mut asking = None;
    loop {
        let draining = shared.signals.drain.is_cancelled();
        let due_at = waiting.due_at(&lane.options, draining);
        let is_due = due_at.is_some_and(|at| at <= Instant::now());
        if !is_due {
            // A place that came for nothing would be missing elsewhere.
            asking = None;
        }
        tokio::select! {
            biased;
            Some(()) = waiting.stops.next(), if !waiting.stops.is_empty() => {
                waiting.take_out_stopped();
            }
            piece = incoming.recv() => match piece {
                Some(piece) => {
                    let object = Arc::clone(piece.share.object());
                    waiting.push(piece);
                    // Waiting for company is no waiting for room.
                    let due_at = waiting.due_at(&lane.options, draining);
                    if due_at.is_none_or(|at| at > Instant::now()) {
                        object.begun(lane.identity.index);
                    }
                }
                None => return,
            },
            // After what has come, so that an object's buffers leave together where they can.
            Some(number) = waiting.wanted.next(), if !waiting.wanted.is_empty() => {
                waiting.hurry(number);
            }
            Some(permit) = poll_fn(|task| {
                let permits = || PollSemaphore::new(Arc::clone(&lane.permits));
                asking.get_or_insert_with(permits).poll_acquire(task)
            }), if is_due => {
                asking = None;
                let pieces = waiting.cut(&lane.options);
                let records = pieces.iter().map(|piece| piece.share.len()).sum();
                let span = report::batch_span(&lane.identity.name, records, pieces.len());
                for piece in &pieces {
                    span.follows_from(&piece.span);
                }
                let work = halving::run(Arc::clone(&lane), pieces, permit, shared.clone());
                let abort = shared.signals.abort.clone();
                let work = async move { abort.run_until_cancelled_owned(work).await };
                tokio::spawn(work.instrument(span));
            }
            () = shared.signals.drain.cancelled(), if !draining => {}
            () = sleep_until(due_at.unwrap_or_else(Instant::now)),
                if due_at.is_some() && !is_due => {}
        }
    }
}

impl Waiting {
    fn push(&mut self, piece: Piece) {
        self.records += piece.share.len();
        self.bytes += piece.bytes;
        self.stops.push(piece.share.object().stop.cancelled_owned());
        self.push_back(piece);
    }

    fn push_back(&mut self, mut piece: Piece) {
        piece.number = self.next;
        self.next += 1;
        self.wanted.push(wanted(&piece));
        self.pieces.push_back(piece);
    }

    fn hurry(&mut self, number: u64) {
        if let Some(piece) = self.pieces.iter_mut().find(|piece| piece.number == number) {
            piece.is_wanted = true;
        }
    }

    /// When a batch is to leave, if anything waits: at once if it is full, or will have no company.
    fn due_at(&self, options: &BatchOptions, draining: bool) -> Option<Instant> {
        let first = self.pieces.front()?;
        let full = self.records >= options.max_records || self.bytes >= options.max_bytes;
        // An object that is not read on before its piece is processed brings no company.
        let is_wanted = self.pieces.iter().any(|piece| piece.is_wanted);
        Some(if full || draining || is_wanted {
            first.since
        } else {
            first.since + options.max_wait
        })
    }

    fn take_out_stopped(&mut self) {
        let Self { pieces, records, bytes, .. } = self;
        pieces.retain(|piece| {
            let stopped = piece.share.object().stop.is_cancelled();
            if stopped {
                *records -= piece.share.len();
                *bytes -= piece.bytes;
            }
            !stopped
        });
    }

    /// The next batch. An object of which more is left than fits goes to the end, so that objects
    /// take turns; a record larger than a whole batch is one by itself.
    fn cut(&mut self, options: &BatchOptions) -> Vec<Piece> {
        let mut batch: Vec<Piece> = Vec::new();
        let (mut records, mut bytes) = (options.max_records, options.max_bytes);
        while let Some(mut piece) = self.pieces.pop_front() {
            let (mut count, mut size) = piece.fitting(records, bytes);
            if count == 0 && batch.is_empty() {
                (count, size) = (1, piece.share.record(0).payload().len());
            }
            if count == 0 {
                self.pieces.push_front(piece);
                break;
            }
            let is_whole = count == piece.share.len();
            if !is_whole {
                let rest = piece.split_off(count, size);
                self.push_back(rest);
            }
            (records, bytes) = (records - count, bytes.saturating_sub(size));
            (self.records, self.bytes) = (self.records - count, self.bytes - size);
            batch.push(piece);
            if !is_whole {
                break;
            }
        }
        self.forget();
        batch
    }

    /// What tells of pieces that left is let go, now and then.
    fn forget(&mut self) {
        if self.pieces.is_empty() {
            self.stops.clear();
            self.wanted.clear();
        } else if self.stops.len().max(self.wanted.len()) > 2 * self.pieces.len() + 64 {
            self.wanted = self.pieces.iter().map(wanted).collect();
            self.stops = self
                .pieces
                .iter()
                .map(|piece| piece.share.object().stop.cancelled_owned())
                .collect();
        }
    }
}

fn wanted(piece: &Piece) -> BoxFuture<'static, u64> {
    let (number, wanted) = (piece.number, piece.share.wanted());
    Box::pin(async move {
        wanted.await;
        number
    })
}
