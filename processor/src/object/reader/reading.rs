use super::{chunks::Chunks, cut::Cut, outlet::Outlet, task::Task};
use crate::{
    decode::{Block, DecodeError, DecodeLimits, Decoder, Step},
    object::{budget::BLOCKS, engine::Engine},
};
use bytes::{Buf, Bytes};
use std::{collections::VecDeque, sync::Arc};

/// Objects below this size (in the store) are decoded where they are read: handing them over would
/// cost more.
const INLINE: u64 = 64 << 10;

/// An object in the middle of being read.
pub(super) struct Reading<'a> {
    task: &'a Task,
    outlet: Arc<Outlet>,
    inline: bool,
}

impl<'a> Reading<'a> {
    /// `size`: of the object in the store.
    pub(super) fn new(task: &'a Task, outlet: Arc<Outlet>, size: Option<u64>) -> Self {
        Self { task, outlet, inline: size.is_some_and(|size| size < INLINE) }
    }

    pub(super) async fn run(&self, mut chunks: Chunks) -> Result<(), Cut> {
        let Engine { limits, framing, .. } = &*self.task.engine;
        let counters = &self.task.counters().objects;
        let limits = DecodeLimits {
            max_record_bytes: limits.record_bytes,
            max_object_bytes: limits.object_bytes,
            max_ratio: limits.compression_ratio,
        };
        let mut work = Work {
            decoder: Decoder::new(*framing, limits),
            block: None,
            input: VecDeque::new(),
            last: false,
            outlet: Arc::clone(&self.outlet),
        };
        loop {
            if work.input.is_empty() && !work.last {
                work.last = match self.unless_stopped(chunks.fill(&mut work.input)).await? {
                    Ok(last) => last,
                    Err(error) => return work.cut_at(Cut::Store(error)),
                };
                counters.bytes_read.add(work.input.iter().map(|chunk| chunk.len() as u64).sum());
            }
            let decoded = work.decoder.decoded_bytes();
            let (back, pause) = self.step(work).await.ok_or(Cut::DecoderLost)?;
            work = back;
            counters.bytes_decoded.add(work.decoder.decoded_bytes() - decoded);
            match pause {
                Ok(Pause::NeedInput) => {}
                Ok(Pause::Yield) => tokio::task::yield_now().await,
                Ok(Pause::NoBlock) => {
                    let block = self.unless_stopped(self.outlet.blocks().wait()).await?;
                    work.block = Some(cleared(block));
                }
                Ok(Pause::Stopped) => return Err(Cut::Stopped),
                Ok(Pause::End) => return Ok(()),
                Err(error) => return work.cut_at(Cut::Decode(error)),
            }
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Cut> {
        self.task.stop.run_until_cancelled(work).await.ok_or(Cut::Stopped)
    }

    async fn step(&self, mut work: Work) -> Option<(Work, Result<Pause, DecodeError>)> {
        let step = move || {
            let pause = work.decode();
            (work, pause)
        };
        if self.inline { Some(step()) } else { self.task.engine.threads.run(step).await }
    }
}

/// What a decoding step works on and gives back.
struct Work {
    decoder: Decoder,
    block: Option<Block>,
    input: VecDeque<Bytes>,
    last: bool,
    outlet: Arc<Outlet>,
}

/// Why a decoding step ended.
enum Pause {
    NeedInput,
    /// All buffers are in use.
    NoBlock,
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
            if !self.outlet.is_open() {
                return Ok(Pause::Stopped);
            }
            let Some(mut block) =
                self.block.take().or_else(|| self.outlet.blocks().take().map(cleared))
            else {
                return Ok(Pause::NoBlock);
            };
            let step = self.decode_into(&mut block);
            match step {
                Ok(Step::BlockFull | Step::End) => self.outlet.hand_on(block),
                Ok(Step::NeedInput | Step::Yield) | Err(_) => self.block = Some(block),
            }
            match step? {
                Step::BlockFull | Step::Yield => {}
                Step::NeedInput => return Ok(Pause::NeedInput),
                Step::End => return Ok(Pause::End),
            }
        }
        Ok(Pause::Yield)
    }

    fn decode_into(&mut self, block: &mut Block) -> Result<Step, DecodeError> {
        while let Some(chunk) = self.input.front_mut() {
            let mut rest = &chunk[..];
            let step = self.decoder.step(&mut rest, false, block)?;
            let used = chunk.len() - rest.len();
            chunk.advance(used);
            if chunk.is_empty() {
                self.input.pop_front();
            }
            if step != Step::NeedInput {
                return Ok(step);
            }
        }
        if self.last { self.decoder.step(&mut &[][..], true, block) } else { Ok(Step::NeedInput) }
    }

    /// What stands before a fault is good, and one bad place costs no more than itself.
    fn cut_at(self, cut: Cut) -> Result<(), Cut> {
        if let Some(block) = self.block {
            self.outlet.hand_on(block);
        }
        Err(cut)
    }
}

fn cleared(mut block: Block) -> Block {
    block.clear();
    block
}
