//! Reads one object: reserves, opens, decodes step by step, and hands batches on.

mod asking;
mod chunks;
mod source;

use super::{
    batch::Batch,
    job::{MessageInfo, Ticket},
    object::ObjectState,
    registry::{Claim, Claimed},
    report,
    worker::{Worker, WorkerSettings},
};
use crate::{
    decode::{Block, DecodeError, DecodeLimits, Decoder, Step},
    notification::NotifiedObject,
    port::{PortError, StoredObject},
    process::Context,
    record::ObjectRef,
    tracking::ObjectEnd,
};
use asking::{Asking, Refusal};
use bytes::{Buf, Bytes};
use chunks::Chunks;
use source::{Name, Source};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::sync::{
    OwnedSemaphorePermit,
    mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use tokio_util::sync::CancellationToken;

/// The budget is counted in units, because semaphores count in 32 bits.
const BUDGET_UNIT: usize = 4 << 10;
/// An object holds at most so many buffers: one being filled, the others with processors.
const BLOCKS: usize = 4;
const SMALLEST_BLOCK: usize = 64 << 10;
const LARGEST_BLOCK: usize = 1 << 20;
/// Objects below this size (in the store) are decoded where they are read: handing them over would cost more.
const INLINE: u64 = 64 << 10;

/// An object whose first answer takes longer failed for now.
const OPENING: Duration = Duration::from_secs(60);

pub(super) fn units(bytes: usize) -> usize {
    bytes.div_ceil(BUDGET_UNIT)
}

/// The work on one object.
pub(super) struct Task {
    pub(super) worker: Worker,
    pub(super) message: Arc<MessageInfo>,
    pub(super) stop: CancellationToken,
    pub(super) notified: NotifiedObject,
}

/// An object that was answered for, with room for it.
struct Opened {
    stored: StoredObject,
    reserved: OwnedSemaphorePermit,
    asking: Asking,
}

/// What ends the reading of an object before its end.
enum Cut {
    /// The work has become pointless.
    Stopped,
    Store(PortError),
    Decode(DecodeError),
    /// The decoder's thread died: a mistake of this library.
    DecoderLost,
}

impl Task {
    pub(super) async fn run(self, mut ticket: Ticket) {
        match self.claim().await {
            Ok(claim) => ticket.claimed(claim),
            // What was done for another message was counted there.
            Err(ObjectEnd::Done) => return ticket.report(ObjectEnd::Done),
            Err(end) => return self.end_unopened(end, ticket),
        }
        match self.open().await {
            Ok(opened) => self.read(opened, ticket).await,
            Err(end) => self.end_unopened(end, ticket),
        }
    }

    /// Reserves room for the object and opens it. While it cannot be opened, nothing of it is held.
    async fn open(&self) -> Result<Opened, ObjectEnd> {
        let settings = self.settings();
        let (store, shared) = (Arc::clone(&settings.store), settings.shared.clone());
        let mut asking = Asking::new(store, shared, Arc::clone(&self.message), &self.notified);
        let mut may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
        loop {
            if let Err(refusal) = may_ask {
                return Err(self.refused(refusal));
            }
            let reserved = self.reserve().await.ok_or_else(|| self.unstarted())?;
            if asking.is_held_up() {
                drop(reserved);
                may_ask = self.unless_stopped(asking.admitted(0, None)).await?;
                continue;
            }
            may_ask = match self.unless_stopped(asking.open(0, None, OPENING)).await? {
                Ok(stored) => return Ok(Opened { stored, reserved, asking }),
                Err(error) => {
                    drop(reserved);
                    self.unless_stopped(asking.failed(error, 0, None)).await?
                }
            };
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, ObjectEnd> {
        self.stop.run_until_cancelled(work).await.ok_or(ObjectEnd::Cancelled)
    }

    fn refused(&self, refusal: Refusal) -> ObjectEnd {
        let Refusal::Error(error) = refusal else { return self.unstarted() };
        let counters = &self.settings().shared.counters;
        report::object_unreadable(counters, &self.name(), &self.message.message_id, &error.kind, &error);
        ObjectEnd::Failed { retry_after: None }
    }

    fn end_unopened(&self, end: ObjectEnd, ticket: Ticket) {
        report::object_ended(&self.settings().shared.counters, &self.name(), &end, 0, false);
        ticket.report(end);
    }

    /// Registers the object as in flight. If it already is, announced by another message, waits for that work's end: if
    /// it was done, there is nothing left to do.
    async fn claim(&self) -> Result<Claim, ObjectEnd> {
        let MessageInfo { message_id, receive_count, lease, .. } = &*self.message;
        loop {
            let registry = &self.settings().registry;
            let (theirs, _waiting) = match registry.claim(message_id, *receive_count, &self.notified, lease) {
                Claimed::Ours(claim) => return Ok(claim),
                Claimed::Theirs(theirs, waiting) => (theirs, waiting),
            };
            let ended = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(self.unstarted()),
                () = self.settings().shared.signals.drain.cancelled() => return Err(self.unstarted()),
                end = theirs.wait() => end == Some(&ObjectEnd::Done),
            };
            if ended {
                report::object_was_in_flight(&self.settings().shared.counters, &self.name(), message_id);
                return Err(ObjectEnd::Done);
            }
        }
    }

    fn unstarted(&self) -> ObjectEnd {
        if self.stop.is_cancelled() { ObjectEnd::Cancelled } else { ObjectEnd::NotStarted }
    }

    /// Reserves the most this object may hold, before anything of it is held. `None`: no longer wanted.
    async fn reserve(&self) -> Option<OwnedSemaphorePermit> {
        let settings = self.settings();
        let all = units(settings.limits.buffered_bytes);
        let wanted = units(BLOCKS * self.block_size(self.notified.size)).min(all);
        let reserve = Arc::clone(&settings.budget).acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = settings.shared.signals.drain.cancelled() => None,
            reserved = reserve => reserved.ok(),
        }
    }

    /// A buffer holds about what the object may decompress to, within bounds and within the limit of all buffers.
    fn block_size(&self, size: Option<u64>) -> usize {
        let all = self.settings().limits.buffered_bytes / BLOCKS;
        let wanted = size.and_then(|size| usize::try_from(size.saturating_mul(8)).ok()).unwrap_or(LARGEST_BLOCK);
        wanted.clamp(SMALLEST_BLOCK, LARGEST_BLOCK).min(all)
    }

    async fn read(self, opened: Opened, ticket: Ticket) {
        let Opened { stored, reserved, asking } = opened;
        let settings = self.settings();
        let object = ObjectRef::new(
            &self.notified.bucket,
            &self.notified.key,
            stored.version_id.as_deref().or(self.notified.version_id.as_deref()),
            &stored.etag,
            stored.size.or(self.notified.size).unwrap_or_default(),
            self.notified.event_time.as_deref(),
        );
        report::object_opened(&settings.shared.counters, &object, self.notified.etag.as_deref());
        let limit = settings.limits.failed_records;
        let state = Arc::new(ObjectState::new(object, self.stop.clone(), limit, settings.shared.clone()));
        state.take_over(ticket);
        let mut closer = Closer { state: &state, reading: Outcome::GivenUp };
        let mut reading = Reading::new(&self, &state, &stored, reserved);
        let size = stored.size;
        let source = Source::new(asking, stored, self.stop.clone());
        match reading.run(Chunks::of(Box::new(source), size)).await {
            Ok(()) => closer.reading = Outcome::ReadToEnd,
            Err(Cut::Stopped) => {}
            Err(cut) => {
                report::object_unreadable(
                    &settings.shared.counters,
                    &self.name(),
                    &self.message.message_id,
                    &cut.reason(),
                    &cut,
                );
                closer.reading = Outcome::Failed;
            }
        }
    }

    fn settings(&self) -> &WorkerSettings {
        self.worker.settings()
    }

    fn name(&self) -> Name {
        let NotifiedObject { bucket, key, version_id, .. } = self.notified.clone();
        Name { bucket, key, version_id }
    }
}

/// Closes the object's ledger however the reading ends, also if its task is dropped in the middle: that is giving up,
/// unless it panicked.
struct Closer<'a> {
    state: &'a ObjectState,
    reading: Outcome,
}

#[derive(PartialEq)]
enum Outcome {
    GivenUp,
    Failed,
    ReadToEnd,
}

impl Drop for Closer<'_> {
    fn drop(&mut self) {
        if self.reading == Outcome::GivenUp && !std::thread::panicking() {
            self.state.cut_short();
        }
        self.state.close(self.reading == Outcome::ReadToEnd);
    }
}

/// An object in the middle of being read.
struct Reading<'a> {
    task: &'a Task,
    state: &'a Arc<ObjectState>,
    inline: bool,
    block_size: usize,
    blocks_left: usize,
    free: UnboundedReceiver<Block>,
    recycle: UnboundedSender<Block>,
    reserved: Arc<OwnedSemaphorePermit>,
    cx: Context,
}

/// What a decoding step works on and gives back.
struct Work {
    decoder: Decoder,
    block: Block,
    input: VecDeque<Bytes>,
    last: bool,
}

impl<'a> Reading<'a> {
    fn new(task: &'a Task, state: &'a Arc<ObjectState>, stored: &StoredObject, reserved: OwnedSemaphorePermit) -> Self {
        let (recycle, free) = unbounded_channel();
        Self {
            task,
            state,
            inline: stored.size.is_some_and(|size| size < INLINE),
            // What was reserved went by the size announced.
            block_size: task.block_size(stored.size).min(task.block_size(task.notified.size)),
            blocks_left: BLOCKS,
            free,
            recycle,
            reserved: Arc::new(reserved),
            cx: Context::new(task.message.receive_count, task.stop.clone()),
        }
    }

    async fn run(&mut self, mut chunks: Chunks) -> Result<(), Cut> {
        let settings = self.task.settings();
        let limits = DecodeLimits {
            max_record_bytes: settings.limits.record_bytes,
            max_object_bytes: settings.limits.object_bytes,
            max_ratio: settings.limits.compression_ratio,
        };
        let mut work = Work {
            decoder: Decoder::new(settings.framing, limits),
            block: self.free_block().await?,
            input: VecDeque::new(),
            last: false,
        };
        loop {
            if work.input.is_empty() && !work.last {
                let fill = chunks.fill(&mut work.input);
                work.last = match self.task.stop.run_until_cancelled(fill).await.ok_or(Cut::Stopped)? {
                    Ok(last) => last,
                    Err(error) => return self.cut_at(work.block, Cut::Store(error)),
                };
                settings
                    .shared
                    .counters
                    .objects
                    .bytes_read
                    .add(work.input.iter().map(|chunk| chunk.len() as u64).sum());
            }
            let decoded = work.decoder.decoded_bytes();
            let (back, step) = self.step(work).await.ok_or(Cut::DecoderLost)?;
            work = back;
            settings.shared.counters.objects.bytes_decoded.add(work.decoder.decoded_bytes() - decoded);
            let step = match step {
                Ok(step) => step,
                Err(error) => return self.cut_at(work.block, Cut::Decode(error)),
            };
            match step {
                Step::NeedInput => {}
                Step::Yield => tokio::task::yield_now().await,
                Step::BlockFull => {
                    self.hand_on(work.block);
                    work.block = self.free_block().await?;
                }
                Step::End => {
                    self.hand_on(work.block);
                    return Ok(());
                }
            }
        }
    }

    /// What stands before a fault is good, and one bad place costs no more than itself.
    fn cut_at(&self, block: Block, cut: Cut) -> Result<(), Cut> {
        self.hand_on(block);
        Err(cut)
    }

    async fn step(&self, mut work: Work) -> Option<(Work, Result<Step, DecodeError>)> {
        let step = move || {
            let step = work.decode();
            (work, step)
        };
        if self.inline { Some(step()) } else { self.task.settings().decoders.run(step).await }
    }

    /// A buffer to fill: a new one while the object may have more, else the next that comes back.
    async fn free_block(&mut self) -> Result<Block, Cut> {
        if let Ok(block) = self.free.try_recv() {
            return Ok(self.cleared(block));
        }
        if self.blocks_left > 0 {
            self.blocks_left -= 1;
            return Ok(Block::with_capacity(self.block_size));
        }
        let block = self.task.stop.run_until_cancelled(self.free.recv()).await.flatten();
        block.map(|block| self.cleared(block)).ok_or(Cut::Stopped)
    }

    /// A block that one large record made grow is not kept: the reservation is for blocks of the usual size.
    fn cleared(&self, mut block: Block) -> Block {
        if block.capacity() > self.block_size {
            return Block::with_capacity(self.block_size);
        }
        block.clear();
        block
    }

    /// Hands the block's records to every processor. Its faults are failures of the records they stand for.
    fn hand_on(&self, block: Block) {
        let settings = self.task.settings();
        report::block_decoded(settings, self.task.message.key, self.state, &block);
        let records = block.len();
        if records == 0 {
            let _ = self.recycle.send(block);
            return;
        }
        let batch = Batch::new(block, Arc::clone(self.state), self.recycle.clone(), Arc::clone(&self.reserved));
        self.state.open(records as u64);
        settings.process(Arc::new(batch), &self.cx);
    }
}

impl Work {
    /// One short step: at most one block out of the input at hand.
    fn decode(&mut self) -> Result<Step, DecodeError> {
        while let Some(chunk) = self.input.front_mut() {
            let mut rest = &chunk[..];
            let step = self.decoder.step(&mut rest, false, &mut self.block)?;
            let used = chunk.len() - rest.len();
            chunk.advance(used);
            if chunk.is_empty() {
                self.input.pop_front();
            }
            if step != Step::NeedInput {
                return Ok(step);
            }
        }
        if self.last { self.decoder.step(&mut &[][..], true, &mut self.block) } else { Ok(Step::NeedInput) }
    }
}

impl Cut {
    /// The kind of trouble, as logs name it.
    fn reason(&self) -> String {
        match self {
            Self::Stopped => "Stopped".into(),
            Self::Store(error) => format!("{:?}", error.kind),
            Self::Decode(error) => format!("{:?}", error.kind()),
            Self::DecoderLost => "DecoderLost".into(),
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped => f.write_str("no longer wanted"),
            Self::Store(error) => write!(f, "{error}"),
            Self::Decode(error) => write!(f, "{error}"),
            Self::DecoderLost => f.write_str("the decoder panicked; please report this"),
        }
    }
}
