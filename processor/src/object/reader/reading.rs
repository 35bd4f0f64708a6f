use super::{chunks::Chunks, cut::Cut};
use crate::{
    decode::{Block, DecodeError, DecodeLimits, Decoding, ObjectInfo, Step},
    object::{
        blocks::{Blocks, Buffer},
        budget::BLOCKS,
        task::Task,
    },
    progress::Fingerprint,
    route::Treatment,
};
use bytes::{Buf, Bytes};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Objects below this size (in the store) are decoded where they are read: handing them over would
/// cost more.
const INLINE: u64 = 64 << 10;

/// What becomes of an object that is read.
pub(super) trait Exit: Send + Sync + 'static {
    /// Whether the object's records are still wanted.
    fn is_open(&self) -> bool;

    /// Where its buffers come from.
    fn blocks(&self) -> &Blocks;

    /// Takes a block with all that was found in it.
    fn hand_on(&self, block: Buffer);

    /// The object was read so far.
    fn reached(&self, fingerprint: &mut Fingerprint);

    /// So many bytes came of it more, and so many parts that are no records.
    fn decoded(&self, bytes: u64, passed_over: u64);
}

/// An object in the middle of being read.
pub(super) struct Reading<'a> {
    task: &'a Task,
    exit: Arc<dyn Exit>,
    size: Option<u64>,
}

impl<'a> Reading<'a> {
    /// `size`: of the object in the store.
    pub(super) fn new(task: &'a Task, exit: Arc<dyn Exit>, size: Option<u64>) -> Self {
        Self { task, exit, size }
    }

    /// `fingerprint`: knows what the object has to be for its records to be settled already.
    pub(super) async fn run(
        &self,
        mut chunks: Chunks,
        fingerprint: Option<Fingerprint>,
    ) -> Result<(), Cut> {
        let mut work = Work {
            decoding: caught(|| self.begin()).ok_or(Cut::DecoderLost)?,
            block: None,
            input: VecDeque::new(),
            last: false,
            exit: Arc::clone(&self.exit),
            fingerprint,
        };
        loop {
            if work.input.is_empty() && !work.last {
                work.last = match self.unless_stopped(chunks.fill(&mut work.input)).await? {
                    Ok(last) => last,
                    Err(refusal) => return work.cut_at(refusal.into()),
                };
            }
            let (decoded, passed_over) =
                (work.decoding.decoded_bytes(), work.decoding.passed_over());
            let (back, pause) = self.step(work).await.ok_or(Cut::DecoderLost)?;
            work = back;
            self.exit.decoded(
                work.decoding.decoded_bytes() - decoded,
                work.decoding.passed_over().saturating_sub(passed_over),
            );
            if work.fingerprint.as_ref().is_some_and(Fingerprint::is_other) {
                return work.cut_at(Cut::NotTheSame);
            }
            match pause {
                Ok(Pause::NeedInput) => {}
                Ok(Pause::Yield) => tokio::task::yield_now().await,
                Ok(Pause::NoBlock) => {
                    let block = self.unless_stopped(self.exit.blocks().wait()).await?;
                    work.block = Some(cleared(block));
                }
                // Decoding on is what grants it.
                Ok(Pause::NeedMemory(bytes)) => {
                    let collected = self.task.collecting.as_ref();
                    let kept = collected.map_or(0, |collected| collected.give_up_room());
                    let reserve = self.exit.blocks().reserve(work.block.as_mut(), bytes + kept);
                    self.unless_stopped(reserve).await?;
                }
                Ok(Pause::Stopped) => return Err(Cut::Stopped),
                Ok(Pause::End) => {
                    let Work { input, last, fingerprint, .. } = work;
                    return self.pass_rest(chunks, input, last, fingerprint).await;
                }
                Err(error) => return work.cut_at(Cut::Decode(error)),
            }
        }
    }

    fn begin(&self) -> Decoding {
        let Task { engine, notified, treatment, .. } = self.task;
        let Treatment { limits, decoder, .. } = &**treatment;
        let mut bounds = DecodeLimits::default();
        bounds.max_record_bytes = limits.record_bytes;
        bounds.max_object_bytes = limits.object_bytes;
        bounds.max_ratio = limits.compression_ratio;
        bounds.max_memory = engine.budget.most_beyond(self.size);
        let object = ObjectInfo::new(&notified.bucket, &notified.key).size(self.size);
        Decoding::new(decoder, &object, bounds)
    }

    /// Reads what a decoder left of the object, so that the object is still found to be whole, and
    /// the same as before: how much a decoder takes at its end may depend on how it arrives. The
    /// decoder is gone, and what it held: there may be much to read.
    async fn pass_rest(
        &self,
        mut chunks: Chunks,
        mut passed: VecDeque<Bytes>,
        mut last: bool,
        mut fingerprint: Option<Fingerprint>,
    ) -> Result<(), Cut> {
        if self.task.collecting.is_none() {
            self.exit.blocks().release_beyond();
        }
        loop {
            for chunk in passed.drain(..) {
                fingerprint.iter_mut().for_each(|fingerprint| fingerprint.read(&chunk));
            }
            if last {
                break;
            }
            last = self.unless_stopped(chunks.fill(&mut passed)).await??;
        }
        match fingerprint.is_none_or(|fingerprint| fingerprint.is_the_same()) {
            true => Ok(()),
            false => Err(Cut::NotTheSame),
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Cut> {
        self.task.stop.run_until_cancelled(work).await.ok_or(Cut::Stopped)
    }

    /// `None`: the decoder panicked.
    async fn step(&self, mut work: Work) -> Option<(Work, Result<Pause, DecodeError>)> {
        let step = move || {
            caught(|| {
                let pause = work.decode();
                (work, pause)
            })
        };
        if self.size.is_some_and(|size| size < INLINE) {
            step()
        } else {
            self.task.engine.threads.run(step).await.flatten()
        }
    }
}

/// `None` if it panicked: that loses the object and not its task, which says so.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What a decoding step works on and gives back.
struct Work {
    decoding: Decoding,
    block: Option<Buffer>,
    input: VecDeque<Bytes>,
    last: bool,
    exit: Arc<dyn Exit>,
    /// Where progress is kept.
    fingerprint: Option<Fingerprint>,
}

/// Why a decoding step ended.
enum Pause {
    NeedInput,
    /// All buffers are in use.
    NoBlock,
    /// So many bytes are needed beyond the buffers.
    NeedMemory(u64),
    /// It was others' turn.
    Yield,
    /// The records are no longer wanted.
    Stopped,
    End,
}

impl Work {
    /// Decodes the input at hand and hands on what comes of it; never waits. So many blocks at
    /// most, that is 4 to 8 ms: going on by itself saves the thread two changes for each.
    fn decode(&mut self) -> Result<Pause, DecodeError> {
        for _ in 0..BLOCKS {
            if !self.exit.is_open() {
                return Ok(Pause::Stopped);
            }
            let Some(mut block) =
                self.block.take().or_else(|| self.exit.blocks().take().map(cleared))
            else {
                return Ok(Pause::NoBlock);
            };
            let step = self.decode_into(&mut block);
            match step {
                Ok(Step::BlockFull | Step::End) => self.hand_on(block),
                // What fails the object hands it on as well, see `cut_at`.
                Ok(_) | Err(_) => self.block = Some(block),
            }
            match step? {
                Step::BlockFull | Step::Yield => {}
                Step::NeedInput => return Ok(Pause::NeedInput),
                Step::NeedMemory(bytes) => return Ok(Pause::NeedMemory(bytes)),
                Step::End => return Ok(Pause::End),
                // Ignored, it could cost records.
                step => return Err(self.unknown(step)),
            }
        }
        Ok(Pause::Yield)
    }

    fn decode_into(&mut self, block: &mut Block) -> Result<Step, DecodeError> {
        while let Some(chunk) = self.input.front_mut() {
            let mut rest = &chunk[..];
            let step = self.decoding.step(&mut rest, false, block)?;
            let used = chunk.len() - rest.len();
            if let Some(fingerprint) = &mut self.fingerprint {
                fingerprint.read(&chunk[..used]);
            }
            chunk.advance(used);
            if chunk.is_empty() {
                self.input.pop_front();
            }
            if step != Step::NeedInput {
                return Ok(step);
            }
        }
        if self.last { self.decoding.step(&mut &[][..], true, block) } else { Ok(Step::NeedInput) }
    }

    /// The decoder is of a later version.
    fn unknown(&self, step: Step) -> DecodeError {
        let text = format!("the reader does not know the step {step:?}");
        DecodeError::decoded(text, self.decoding.decoded_bytes())
    }

    fn hand_on(&mut self, block: Buffer) {
        if let Some(fingerprint) = &mut self.fingerprint {
            fingerprint.found(&block);
            self.exit.reached(fingerprint);
        }
        self.exit.hand_on(block);
    }

    /// What stands before a fault is good, and one bad place costs no more than itself.
    fn cut_at(mut self, cut: Cut) -> Result<(), Cut> {
        if let Some(block) = self.block.take() {
            self.hand_on(block);
        }
        Err(cut)
    }
}

fn cleared(mut block: Buffer) -> Buffer {
    block.clear();
    block
}
