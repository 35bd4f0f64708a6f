use super::judge::Judge;
use crate::{Builder, MemoryQuarantine, QuarantineStore, QuarantinedRecord, testing::Random};
use bytes::Bytes;
use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// Whether records are put aside, and what goes wrong with the store that keeps them.
#[derive(Debug, Clone)]
pub(super) struct Quarantining {
    is_on: bool,
    faulty: bool,
    seed: u64,
}

impl Quarantining {
    /// Quarantine in every second scenario.
    pub(super) fn new(seed: u64, faulty: bool) -> Self {
        // Apart, so that what else a seed draws stays.
        let random = &mut Random::new(seed ^ 0x7175_6172);
        let is_on = random.chance(500);
        Self { is_on, faulty: faulty && random.chance(500), seed: random.next() }
    }

    /// Records are put aside, and nothing goes wrong with that.
    pub(super) fn is_reliable(&self) -> bool {
        self.is_on && !self.faulty
    }

    /// What the runs of a scenario share.
    pub(super) fn store(&self, judge: &Judge) -> Quarantined {
        Quarantined {
            files: MemoryQuarantine::new(),
            chance: self.faulty.then(|| Arc::new(Mutex::new(Random::new(self.seed)))),
            judge: judge.clone(),
        }
    }

    pub(super) fn add_to(&self, builder: Builder, store: &Quarantined) -> Builder {
        if self.is_on { builder.quarantine(store.clone()) } else { builder }
    }
}

/// A store that refuses, is slow, and does not answer. The judge sees what is put there.
#[derive(Clone)]
pub(super) struct Quarantined {
    files: MemoryQuarantine,
    /// Where it is faulty.
    chance: Option<Arc<Mutex<Random>>>,
    judge: Judge,
}

impl QuarantineStore for Quarantined {
    async fn put(&self, name: &str, file: Bytes) -> Result<(), Box<dyn Error + Send + Sync>> {
        let records = QuarantinedRecord::read_file(&file).expect("what is written can be read");
        self.judge.puts_aside(&records);
        let fate = self.chance.as_ref().map(|chance| {
            let mut random = chance.lock().unwrap_or_else(PoisonError::into_inner);
            let longest = if random.chance(50) { 60_000 } else { 300 };
            (random.duration(Duration::from_millis(longest)), random.below(10))
        });
        if let Some((delay, _)) = fate {
            sleep(delay).await;
        }
        match fate {
            Some((_, 0 | 1)) => return Err("told to refuse".into()),
            Some((_, 2)) => std::panic::resume_unwind(Box::new("told to panic")),
            _ => {}
        }
        self.files.put(name, file).await?;
        self.judge.has_put_aside(&records);
        match fate {
            Some((_, 3)) => Err("told not to answer".into()),
            _ => Ok(()),
        }
    }
}
