use super::judge::Judge;
use crate::{
    Builder, MemoryProgress, ProgressError, ProgressStore, ProgressTag, progress::Saved,
    testing::Random,
};
use bytes::Bytes;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// Whether progress is kept, and what goes wrong with the store that keeps it.
#[derive(Debug, Clone)]
pub(super) struct Remembering {
    every: Option<Duration>,
    faulty: bool,
    seed: u64,
}

impl Remembering {
    /// Progress in every second scenario.
    pub(super) fn new(seed: u64, faulty: bool) -> Self {
        // Apart, so that what else a seed draws stays.
        let random = &mut Random::new(seed ^ 0x7072_6f67);
        let longest = [2_000, 60_000][random.below(2) as usize] * MILLISECOND;
        let every = Duration::from_secs(1) + random.duration(longest);
        let every = random.chance(500).then_some(every);
        Self { every, faulty: faulty && random.chance(700), seed: random.next() }
    }

    /// Progress is kept, and nothing goes wrong with that.
    pub(super) fn is_reliable(&self) -> bool {
        self.every.is_some() && !self.faulty
    }

    /// What the runs of a scenario share.
    pub(super) fn store(&self, judge: &Judge) -> Remembered {
        let random = Random::new(self.seed);
        Remembered {
            files: MemoryProgress::new(),
            faulty: self.faulty,
            chance: Arc::new(Mutex::new(Chance { random, old: BTreeMap::new() })),
            judge: judge.clone(),
        }
    }

    pub(super) fn add_to(&self, builder: Builder, store: &Remembered) -> Builder {
        match self.every {
            Some(every) => builder.progress(store.clone()).progress_every(every),
            None => builder,
        }
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// A store that refuses, is slow, does not answer, and gives what is damaged, torn or old. The
/// judge sees what is saved.
#[derive(Clone)]
pub(super) struct Remembered {
    files: MemoryProgress,
    faulty: bool,
    chance: Arc<Mutex<Chance>>,
    judge: Judge,
}

struct Chance {
    random: Random,
    /// What was stored before.
    old: BTreeMap<String, Bytes>,
}

impl Remembered {
    fn draw<T>(&self, what: impl FnOnce(&mut Chance) -> T) -> T {
        what(&mut self.chance.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes its time, and says whether it fails before anything is done, or after.
    async fn suffer(&self) -> Result<bool, ProgressError> {
        if !self.faulty {
            return Ok(false);
        }
        let (delay, fate) = self.draw(|chance| {
            let longest = if chance.random.chance(50) { 30_000 } else { 300 };
            (chance.random.duration(longest * MILLISECOND), chance.random.below(10))
        });
        sleep(delay).await;
        match fate {
            0 => Err(ProgressError::failed("told to fail")),
            1 => std::panic::resume_unwind(Box::new("told to panic")),
            fate => Ok(fate == 2),
        }
    }
}

impl ProgressStore for Remembered {
    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, ProgressError> {
        self.suffer().await?;
        let found = self.files.load(name).await?;
        if !self.faulty {
            return Ok(found);
        }
        let Some((bytes, tag)) = found else { return Ok(None) };
        let bytes = self.draw(|Chance { random, old }| {
            let mut spoiled = bytes.to_vec();
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(8) {
                0 => spoiled[at] ^= 1 << random.below(8),
                1 => spoiled.truncate(at),
                2 => return old.get(name).cloned().unwrap_or(bytes),
                _ => {}
            }
            spoiled.into()
        });
        Ok(Some((bytes, tag)))
    }

    async fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, ProgressError> {
        let saved = Saved::from_bytes(&bytes).expect("what is saved can be read");
        self.judge.saved(&saved);
        let is_lost = self.suffer().await?;
        let before = self.files.load(name).await?;
        let tag = self.files.save(name, bytes, replaces).await?;
        if let Some((before, _)) = before {
            self.draw(|chance| chance.old.insert(name.to_owned(), before));
        }
        match is_lost {
            true => Err(ProgressError::failed("told not to answer")),
            false => Ok(tag),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), ProgressError> {
        self.suffer().await?;
        self.files.delete(name).await
    }
}
