//! Reads one object: reserves, opens, decodes step by step, and hands batches on.

mod chunks;

use super::{
    batch::Batch,
    decoders::Decoders,
    job::Ticket,
    object::ObjectState,
    report,
    worker::{Worker, WorkerSettings},
};
use crate::{
    decode::{Block, DecodeError, DecodeLimits, Decoder, Step},
    notification::NotifiedObject,
    port::{GetObject, PortError, StoredObject},
    process::Context,
    record::ObjectRef,
    tracking::{MessageKey, ObjectEnd},
};
use bytes::{Buf, Bytes};
use chunks::Chunks;
use std::{collections::VecDeque, sync::Arc};
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

pub(super) fn units(bytes: usize) -> usize {
    bytes.div_ceil(BUDGET_UNIT)
}

/// The work on one object.
pub(super) struct Task {
    pub(super) worker: Worker,
    pub(super) key: MessageKey,
    pub(super) message_id: String,
    pub(super) receive_count: u32,
    pub(super) stop: CancellationToken,
    pub(super) notified: NotifiedObject,
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
    pub(super) async fn run(self, ticket: Ticket) {
        let Some(reserved) = self.reserve().await else {
            let end = if self.stop.is_cancelled() { ObjectEnd::Cancelled } else { ObjectEnd::NotStarted };
            return self.end_unopened(end, ticket);
        };
        let opened = self.stop.run_until_cancelled(self.open()).await;
        match opened {
            None => self.end_unopened(ObjectEnd::Cancelled, ticket),
            Some(Err(error)) => {
                report::object_unreadable(&self.settings().counters, &self.name(), &self.message_id, &error);
                self.end_unopened(ObjectEnd::Failed { retry_after: None }, ticket);
            }
            Some(Ok(stored)) => self.read(stored, reserved, ticket).await,
        }
    }

    fn end_unopened(&self, end: ObjectEnd, ticket: Ticket) {
        report::object_ended(&self.settings().counters, &self.name(), &end, 0, false);
        ticket.report(end);
    }

    /// Reserves the most this object may hold, before anything of it is held. `None`: no longer wanted.
    async fn reserve(&self) -> Option<OwnedSemaphorePermit> {
        let settings = self.settings();
        let all = units(settings.limits.buffered_bytes);
        let wanted = units(BLOCKS * block_size(self.notified.size)).min(all);
        let reserve = Arc::clone(&settings.budget).acquire_many_owned(u32::try_from(wanted).unwrap_or(u32::MAX));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            () = settings.signals.drain.cancelled() => None,
            reserved = reserve => reserved.ok(),
        }
    }

    async fn open(&self) -> Result<StoredObject, PortError> {
        let notified = &self.notified;
        let get =
            GetObject { bucket: &notified.bucket, key: &notified.key, version_id: notified.version_id.as_deref() };
        self.settings().store.get(get).await
    }

    async fn read(self, stored: StoredObject, reserved: OwnedSemaphorePermit, ticket: Ticket) {
        let settings = self.settings();
        let object = ObjectRef::new(
            &self.notified.bucket,
            &self.notified.key,
            stored.version_id.as_deref().or(self.notified.version_id.as_deref()),
            &stored.etag,
            stored.size.or(self.notified.size).unwrap_or_default(),
            self.notified.event_time.as_deref(),
        );
        report::object_opened(&settings.counters, &object, self.notified.etag.as_deref());
        let counters = Arc::clone(&settings.counters);
        let limit = settings.limits.failed_records;
        let state = Arc::new(ObjectState::new(object, self.stop.clone(), ticket, limit, counters, reserved));
        let mut closer = Closer { state: &state, reading: Outcome::GivenUp };
        let mut reading = Reading::new(&self, &state, &stored);
        match reading.run(Chunks::of(stored.body, stored.size)).await {
            Ok(()) => closer.reading = Outcome::ReadToEnd,
            Err(Cut::Stopped) => {}
            Err(cut) => {
                report::object_unreadable(&settings.counters, &self.name(), &self.message_id, &cut);
                closer.reading = Outcome::Failed;
            }
        }
    }

    fn settings(&self) -> &WorkerSettings {
        self.worker.settings()
    }

    fn name(&self) -> String {
        format!("s3://{}/{}", self.notified.bucket, self.notified.key)
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
            self.state.give_up();
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
    fn new(task: &'a Task, state: &'a Arc<ObjectState>, stored: &StoredObject) -> Self {
        let (recycle, free) = unbounded_channel();
        Self {
            task,
            state,
            inline: stored.size.is_some_and(|size| size < INLINE),
            // What was announced was reserved, whatever the object turned out to be.
            block_size: block_size(stored.size).min(block_size(task.notified.size)),
            blocks_left: BLOCKS,
            free,
            recycle,
            cx: Context::new(1, task.receive_count, task.stop.clone()),
        }
    }

    async fn run(&mut self, mut chunks: Chunks) -> Result<(), Cut> {
        let settings = self.task.settings();
        let limits = DecodeLimits {
            max_record_bytes: settings.limits.record_bytes,
            max_object_bytes: settings.limits.object_bytes,
            max_ratio: settings.limits.ratio,
        };
        let mut work = Work {
            decoder: Decoder::new(settings.framing, limits),
            block: self.free_block().await?,
            input: VecDeque::new(),
            last: false,
        };
        loop {
            if work.input.is_empty() && !work.last {
                let more =
                    self.task.stop.run_until_cancelled(chunks.fill(&mut work.input)).await.ok_or(Cut::Stopped)?;
                work.last = more.map_err(Cut::Store)?;
                settings.counters.objects.bytes_read.add(work.input.iter().map(|chunk| chunk.len() as u64).sum());
            }
            let decoded = work.decoder.decoded_bytes();
            let (back, step) = self.step(work).await.ok_or(Cut::DecoderLost)?;
            work = back;
            settings.counters.objects.bytes_decoded.add(work.decoder.decoded_bytes() - decoded);
            let step = match step {
                Ok(step) => step,
                Err(error) => {
                    // What stands before the fault is good, and one bad place costs no more than itself.
                    self.hand_on(work.block);
                    return Err(Cut::Decode(error));
                }
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

    async fn step(&self, mut work: Work) -> Option<(Work, Result<Step, DecodeError>)> {
        let step = move || {
            let step = work.decode();
            (work, step)
        };
        if self.inline { Some(Decoders::run_inline(step)) } else { self.task.settings().decoders.run(step).await }
    }

    /// A buffer to fill: a new one while the object may have more, else the next that comes back.
    async fn free_block(&mut self) -> Result<Block, Cut> {
        if let Ok(block) = self.free.try_recv() {
            return Ok(cleared(block));
        }
        if self.blocks_left > 0 {
            self.blocks_left -= 1;
            return Ok(Block::with_capacity(self.block_size));
        }
        let block = self.task.stop.run_until_cancelled(self.free.recv()).await.flatten();
        block.map(cleared).ok_or(Cut::Stopped)
    }

    /// Hands the block's records to every processor. Its faults are failures of the records they stand for.
    fn hand_on(&self, block: Block) {
        let settings = self.task.settings();
        report::block_decoded(settings, self.task.key, self.state, &block);
        if block.is_empty() {
            let _ = self.recycle.send(block);
            return;
        }
        let batch = Arc::new(Batch::new(block, Arc::clone(self.state), self.recycle.clone()));
        self.state.ledger.open(batch.len() as u64 * settings.lanes.len() as u64);
        for lane in &settings.lanes {
            let run = Arc::clone(lane).run(Arc::clone(&batch), self.cx.clone(), Arc::clone(&settings.counters));
            let abort = settings.signals.abort.clone();
            tokio::spawn(async move { abort.run_until_cancelled_owned(run).await });
        }
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

fn cleared(mut block: Block) -> Block {
    block.clear();
    block
}

/// A buffer holds about what the object may decompress to, within bounds.
fn block_size(size: Option<u64>) -> usize {
    let wanted = size.map_or(LARGEST_BLOCK, |size| usize::try_from(size.saturating_mul(8)).unwrap_or(LARGEST_BLOCK));
    wanted.clamp(SMALLEST_BLOCK, LARGEST_BLOCK)
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
