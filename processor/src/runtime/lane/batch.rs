use super::{
    super::{batch::Share, object::Failure, window::panic_message},
    Identity, Lane, Shared, try_again,
};
use crate::{
    config::{BatchOptions, Retry},
    error::{BatchError, Failures, ProcessError},
    process::{BatchProcessor, Context},
    record::Record,
};
use futures::{FutureExt, future::BoxFuture};
use std::{
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    time::{Instant, sleep_until},
};

/// A [`BatchProcessor`] with its limits: one task gathers, and begins a task for each batch that is full or due.
pub(crate) struct BatchLane<P> {
    identity: Identity,
    processor: P,
    options: BatchOptions,
    retry: Retry,
    permits: Arc<Semaphore>,
    /// Bounded by the buffers that objects may hold.
    incoming: UnboundedSender<Piece>,
    gathering: Mutex<Option<UnboundedReceiver<Piece>>>,
}

/// Records of one buffer, and how many times their message was received.
struct Piece {
    share: Share,
    receive_count: u32,
}

/// What waits to become a batch.
#[derive(Default)]
struct Gathered {
    pieces: Vec<Piece>,
    records: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl<P: BatchProcessor> BatchLane<P> {
    pub(crate) fn new(name: String, place: usize, processor: P, options: BatchOptions, retry: &Retry) -> Self {
        let (incoming, gathering) = unbounded_channel();
        Self {
            identity: Identity { name, place },
            processor,
            retry: options.retry.as_ref().unwrap_or(retry).clone(),
            permits: Arc::new(Semaphore::new(options.concurrency)),
            options,
            incoming,
            gathering: Mutex::new(Some(gathering)),
        }
    }

    async fn gather(self: Arc<Self>, mut incoming: UnboundedReceiver<Piece>, shared: Shared) {
        let mut gathered = Gathered::default();
        loop {
            let due = gathered.since.map(|since| since + self.options.max_wait);
            let draining = shared.signals.drain.is_cancelled();
            tokio::select! {
                biased;
                piece = incoming.recv() => match piece {
                    Some(piece) => self.add(piece, &mut gathered, &shared).await,
                    None => return,
                },
                () = shared.signals.drain.cancelled(), if due.is_some() => self.flush(&mut gathered, &shared).await,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() && !draining => {
                    self.flush(&mut gathered, &shared).await;
                }
            }
        }
    }

    /// Adds the piece record by record, sending off each batch that is full.
    async fn add(self: &Arc<Self>, mut piece: Piece, gathered: &mut Gathered, shared: &Shared) {
        while piece.share.len() > 0 {
            let fits = gathered.room_for(&piece.share, &self.options);
            if fits == 0 {
                self.flush(gathered, shared).await;
                continue;
            }
            let rest = Piece { share: piece.share.split_off(fits), receive_count: piece.receive_count };
            gathered.push(piece);
            piece = rest;
        }
        if gathered.records >= self.options.max_records || gathered.bytes >= self.options.max_bytes {
            self.flush(gathered, shared).await;
        }
    }

    /// Begins a task for what is gathered, as soon as there is room for one.
    async fn flush(self: &Arc<Self>, gathered: &mut Gathered, shared: &Shared) {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else { return };
        let mut pieces = std::mem::take(gathered).pieces;
        pieces.retain(|piece| !piece.share.object().stop.is_cancelled());
        if !pieces.is_empty() {
            let work = Arc::clone(self).process(pieces, permit, shared.clone());
            let abort = shared.signals.abort.clone();
            tokio::spawn(async move { abort.run_until_cancelled_owned(work).await });
        }
    }

    async fn process(self: Arc<Self>, mut pieces: Vec<Piece>, _permit: OwnedSemaphorePermit, shared: Shared) {
        let receive_count = pieces.iter().map(|piece| piece.receive_count).max().unwrap_or(1);
        let cx = Context::new(receive_count, shared.signals.abort.clone());
        let views: Vec<_> = pieces.iter().map(|piece| piece.share.clone_view()).collect();
        let all: Vec<(usize, usize)> =
            views.iter().enumerate().flat_map(|(piece, view)| (0..view.len()).map(move |i| (piece, i))).collect();
        let mine = self.identity.counters(&shared);
        let mut left = all;
        let mut attempt = 1;
        loop {
            let records: Vec<Record<'_>> = left.iter().map(|(piece, i)| views[*piece].record(*i)).collect();
            let failures = self.attempt(&records, &cx.at_attempt(attempt), &shared).await;
            let mut again = Vec::new();
            let mut wait = Duration::ZERO;
            for (place, (piece, i)) in left.iter().enumerate() {
                let share = &mut pieces[*piece].share;
                let Some(failure) = failures.of_record(place) else {
                    share.done += 1;
                    continue;
                };
                match try_again(&self.retry, &shared.env, attempt, failure.error()) {
                    Some(asked) if !share.object().stop.is_cancelled() => {
                        wait = wait.max(asked);
                        again.push((*piece, *i));
                    }
                    _ => self.identity.fail(share, mine, *i, failure),
                }
            }
            drop(records);
            if again.is_empty() {
                return;
            }
            mine.retried.add(again.len() as u64);
            tokio::time::sleep(wait).await;
            (left, attempt) = (again, attempt + 1);
        }
    }

    async fn attempt(&self, records: &[Record<'_>], cx: &Context, shared: &Shared) -> Outcome {
        let mine = self.identity.counters(shared);
        let call = AssertUnwindSafe(async { self.processor.process_batch(records, cx).await }).catch_unwind();
        let limited = async {
            match self.options.timeout {
                Some(timeout) => tokio::time::timeout(timeout, call).await.map_err(|_| timeout),
                None => Ok(call.await),
            }
        };
        match limited.await {
            Ok(Ok(Ok(()))) => Outcome::Some(Vec::new()),
            Ok(Ok(Err(error))) => Outcome::of(error, records.len()),
            Ok(Err(panic)) => {
                mine.panicked.add(1);
                Outcome::Whole(Failure::Panic(panic_message(&*panic)))
            }
            Err(timeout) => {
                mine.timed_out.add(1);
                Outcome::Whole(Failure::TimedOut(timeout))
            }
        }
    }
}

/// What failed of one try.
enum Outcome {
    Whole(Failure),
    /// Sorted by place.
    Some(Vec<(usize, Failure)>),
}

impl Outcome {
    fn of(error: BatchError, records: usize) -> Self {
        match error.0 {
            Failures::Whole(error) => Self::Whole(Failure::Error(error)),
            Failures::Some(failures) if failures.iter().any(|(index, _)| *index >= records) => {
                let text = format!("its processor named a failed record beyond the {records} of the batch");
                Self::Whole(Failure::Error(ProcessError::retry(text)))
            }
            Failures::Some(mut failures) => {
                failures.sort_by_key(|(index, _)| *index);
                Self::Some(failures.into_iter().map(|(index, error)| (index, Failure::Error(error))).collect())
            }
        }
    }

    /// Why the record at this place failed, if it did.
    fn of_record(&self, place: usize) -> Option<&Failure> {
        match self {
            Self::Whole(failure) => Some(failure),
            Self::Some(failures) => {
                failures.binary_search_by_key(&place, |(index, _)| *index).ok().map(|at| &failures[at].1)
            }
        }
    }
}

impl Gathered {
    /// How many of the share's records still fit. An empty batch takes at least one, however large.
    fn room_for(&self, share: &Share, options: &BatchOptions) -> usize {
        let most = options.max_records.saturating_sub(self.records).min(share.len());
        let mut bytes = self.bytes;
        let fits = (0..most).take_while(|i| {
            bytes = bytes.saturating_add(share.record(*i).payload().len());
            bytes <= options.max_bytes
        });
        let fits = fits.count();
        if fits == 0 && self.records == 0 { 1 } else { fits }
    }

    fn push(&mut self, piece: Piece) {
        self.since.get_or_insert_with(Instant::now);
        self.records += piece.share.len();
        self.bytes += (0..piece.share.len()).map(|i| piece.share.record(i).payload().len()).sum::<usize>();
        self.pieces.push(piece);
    }
}

impl<P: BatchProcessor> Lane for BatchLane<P> {
    fn name(&self) -> &str {
        &self.identity.name
    }

    fn background(self: Arc<Self>, shared: Shared) -> Option<BoxFuture<'static, ()>> {
        let incoming = self.gathering.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(Box::pin(self.gather(incoming, shared)))
    }

    fn run(self: Arc<Self>, share: Share, cx: Context, _shared: Shared) -> BoxFuture<'static, ()> {
        // A share that cannot be sent is dropped, which gives it up.
        let _ = self.incoming.send(Piece { share, receive_count: cx.receive_count() });
        Box::pin(std::future::ready(()))
    }
}

impl<P> fmt::Debug for BatchLane<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BatchLane").field("name", &self.identity.name).finish_non_exhaustive()
    }
}
