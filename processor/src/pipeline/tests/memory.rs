//! Decoders and codecs that ask for memory get it from the byte budget.

use super::{
    SECOND,
    probe::Act,
    world::{Run, World},
};
use crate::{
    Limits,
    decode::{
        BlockWriter, Codec, Decode, DecodeError, DecodeLimits, Decoder, Input, ObjectInfo, Read,
        Step, lines,
    },
    testing::ObjectFault,
};
use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

const BUDGET: usize = 1 << 20;

/// The bytes that are granted now, and the most there ever were.
#[derive(Clone, Default)]
struct Granted(Arc<Mutex<(u64, u64)>>);

impl Granted {
    fn take(&self, bytes: u64) -> Grant {
        let (now, most) = &mut *self.0.lock().unwrap();
        *now += bytes;
        *most = (*most).max(*now);
        Grant { of: self.clone(), bytes }
    }

    fn state(&self) -> (u64, u64) {
        *self.0.lock().unwrap()
    }
}

/// Some of them, until it is dropped.
struct Grant {
    of: Granted,
    bytes: u64,
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.of.0.lock().unwrap().0 -= self.bytes;
    }
}

/// One record for each byte. In the middle of an object it asks for so much in turn.
struct Hungry {
    asks: Vec<u64>,
    granted: Granted,
}

struct Eating {
    asks: std::vec::IntoIter<u64>,
    asked: Option<u64>,
    held: Option<Grant>,
    granted: Granted,
}

impl Decoder for Hungry {
    fn identity(&self) -> Cow<'static, str> {
        "hungry".into()
    }

    fn begin(&self, _: &ObjectInfo<'_>, _: &DecodeLimits) -> Box<dyn Decode> {
        let (asks, granted) = (self.asks.clone().into_iter(), self.granted.clone());
        Box::new(Eating { asks, asked: None, held: None, granted })
    }
}

impl Decode for Eating {
    fn step(
        &mut self,
        mut input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        if let Some(bytes) = self.asked.take() {
            self.held = Some(self.granted.take(bytes));
        }
        while let Some(&byte) = input.bytes.first() {
            if !block.copy(&[byte]) {
                return Ok(Step::BlockFull);
            }
            _ = input.take(1);
            self.asked = self.asks.next();
            if let Some(bytes) = self.asked {
                self.held = None;
                return Ok(Step::NeedMemory(bytes));
            }
        }
        Ok(if input.last { Step::End } else { Step::NeedInput })
    }
}

/// Passes bytes on, once it may hold a window.
struct Windowed {
    window: u64,
    asked: bool,
    held: Option<Grant>,
    granted: Granted,
    consumed: u64,
}

impl Windowed {
    fn new(window: u64, granted: &Granted) -> Self {
        Self { window, asked: false, held: None, granted: granted.clone(), consumed: 0 }
    }
}

impl Codec for Windowed {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if !std::mem::replace(&mut self.asked, true) {
            return Ok(Read::NeedMemory(self.window));
        }
        self.held.get_or_insert_with(|| self.granted.take(self.window));
        let n = input.len().min(out.len());
        if n == 0 {
            return Ok(if last { Read::End } else { Read::NeedInput });
        }
        let (now, later) = input.split_at(n);
        out[..n].copy_from_slice(now);
        *input = later;
        self.consumed += n as u64;
        Ok(Read::Bytes(n))
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

/// Ten objects, and records that take a second each.
fn start(world: &World, decoder: impl Decoder) -> Run {
    let builder = world.with_probe(|_| Act::Take(SECOND));
    world.start(builder.decoder(decoder).limits(Limits::default().buffered_bytes(BUDGET)))
}

/// Each byte takes a second, so that objects are in the middle of being decoded side by side.
fn files(world: &World) {
    world.store.chunk_size(1);
    for key in (0..10).map(|n| n.to_string()) {
        world.store.fail(&key, ObjectFault::SlowChunks(SECOND), usize::MAX);
        world.file(&key, "a\nb\n");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_50_decoders_that_ask_for_memory_never_wait_for_each_other() {
    for asks in [vec![700 << 10], vec![100 << 10, 300 << 10, 700 << 10], vec![1; 4]] {
        let (world, granted) = (World::new(), Granted::default());
        files(&world);
        let most = *asks.iter().max().unwrap();
        let run = start(&world, Hungry { asks, granted: granted.clone() });
        run.until_finished().await;
        let stats = run.stop().await;
        assert_eq!((stats.messages.deleted, stats.objects.records), (10, 40));
        let (now, together) = granted.state();
        assert_eq!(now, 0, "all of it is given back");
        assert!((most..=BUDGET as u64).contains(&together), "{together} at once");
        // Four buffers of 64 KiB each: who waits for memory lets no other be opened.
        assert!(world.store.most_open() <= BUDGET / (4 * (64 << 10)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_codec_gets_its_window_from_the_budget() {
    let (world, granted) = (World::new(), Granted::default());
    files(&world);
    let of = granted.clone();
    let windowed = move || Box::new(Windowed::new(700 << 10, &of)) as Box<_>;
    let run = start(&world, lines().through(windowed));
    run.until_finished().await;
    assert_eq!(run.stop().await.objects.records, 20);
    assert_eq!(granted.state(), (0, 700 << 10), "one at a time");
}

#[tokio::test(start_paused = true)]
async fn what_could_never_be_reserved_fails_the_object_and_no_other() {
    let (world, granted) = (World::new(), Granted::default());
    files(&world);
    let run = start(&world, Hungry { asks: vec![BUDGET as u64], granted: granted.clone() });
    run.until("each was tried", || run.handle.stats().objects.unreadable >= 10).await;
    assert_eq!((run.handle.stats().messages.deleted, granted.state()), (0, (0, 0)));
    run.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_memory_is_stopped_like_any_other() {
    let (world, granted) = (World::new(), Granted::default());
    files(&world);
    let run = start(&world, Hungry { asks: vec![700 << 10], granted: granted.clone() });
    run.until("one is worked on, which the others wait for", || world.log.running() > 0).await;
    run.handle.abort();
    run.end().await.expect("it ends well");
    assert_eq!(granted.state().0, 0);
}
