use crate::{notification::NotifiedObject, testing::Announced};
use tokio::time::Instant;

/// What a list knows.
#[derive(Debug, Default)]
pub(super) struct State {
    entries: Vec<Entry>,
    consumers: u32,
}

#[derive(Debug)]
struct Entry {
    objects: Vec<NotifiedObject>,
    standing: Standing,
    tries: u32,
}

/// How far an entry has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It may be handed out from this moment on.
    Waits(Instant),
    Held,
    Done,
    /// It was tried too often.
    GivenUp,
}

/// An entry that is handed out.
pub(super) struct HandedOut {
    pub(super) entry: usize,
    pub(super) objects: Vec<NotifiedObject>,
    /// Which try this is, from 1.
    pub(super) attempt: u32,
}

impl State {
    pub(super) fn add(&mut self, objects: &[Announced]) -> String {
        let objects = objects.iter().map(notified).collect();
        self.entries.push(Entry { objects, standing: Standing::Waits(Instant::now()), tries: 0 });
        name(self.entries.len() - 1)
    }

    pub(super) fn new_consumer(&mut self) -> u32 {
        self.consumers += 1;
        self.consumers
    }

    pub(super) fn standings(&self) -> Vec<Standing> {
        self.entries.iter().map(|entry| entry.standing).collect()
    }

    /// The first entry that is due; it is held from now on.
    pub(super) fn take(&mut self, now: Instant) -> Option<HandedOut> {
        let is_due = |entry: &Entry| matches!(entry.standing, Standing::Waits(at) if at <= now);
        let number = self.entries.iter().position(is_due)?;
        let entry = &mut self.entries[number];
        entry.standing = Standing::Held;
        entry.tries += 1;
        let (objects, attempt) = (entry.objects.clone(), entry.tries);
        Some(HandedOut { entry: number, objects, attempt })
    }

    pub(super) fn set(&mut self, entry: usize, standing: Standing) {
        self.entries[entry].standing = standing;
    }

    /// When the next entry is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = |entry: &Entry| match entry.standing {
            Standing::Waits(at) => Some(at),
            _ => None,
        };
        self.entries.iter().filter_map(due).min()
    }
}

/// What an entry goes by.
pub(super) fn name(entry: usize) -> String {
    format!("m{entry}")
}

fn notified(announced: &Announced) -> NotifiedObject {
    let Announced { bucket, key, version_id, etag, size } = announced.clone();
    NotifiedObject {
        bucket,
        key,
        version_id,
        etag: Some(etag),
        size: Some(size),
        sequencer: None,
        event_time: None,
        event_name: "Listed".into(),
        region: None,
        replay: None,
    }
}
