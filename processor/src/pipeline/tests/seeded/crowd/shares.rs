//! Large or slow objects do not hold up small ones (L4).

use super::{Crowd, MINUTE, SECOND};
use crate::testing::{EntryResult, Event};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// A quarter of the bytes, by 64 KiB: so many objects are open at once.
const PLACE: usize = 4 * 64 * 1_024;
/// An object has so many buffers at work at once.
const BUFFERS: usize = 4;
/// So many objects may wait for room: fewer than half of what is asked for when a receive is sent,
/// and what four receives bring.
pub(super) const MOST_WAITING: usize = 5 + 4 * 10;

/// What each process holds, and which small files wait for their first record.
#[derive(Default)]
pub(super) struct Shares {
    /// Of each file that is held, the process.
    held: BTreeMap<usize, u32>,
    /// Since when a file had all it takes to begin.
    waiting: BTreeMap<usize, Instant>,
    /// When a message was last received for the last time: it waits half a minute for the others,
    /// and they as long for it.
    last_chance: Option<Instant>,
}

impl Shares {
    /// `file` tells which one a message announces.
    pub(super) fn see(
        &mut self,
        crowd: &Crowd,
        event: &Event,
        file: impl Fn(&str) -> Option<usize>,
    ) {
        match event {
            Event::Received { message, by, count, .. } => {
                if *count >= crowd.max_receives() {
                    self.last_chance = Some(Instant::now());
                }
                let Some(file) = file(message) else { return };
                self.held.insert(file, *by);
                if !crowd.files[file].is_large() {
                    self.waiting.insert(file, Instant::now());
                }
            }
            Event::Began { object, .. } => {
                object.parse().ok().and_then(|file| self.waiting.remove(&file));
            }
            Event::Dead { message } => self.leave(file(message)),
            Event::Deleted { receipt, verdict: EntryResult::Done } => {
                let message = receipt.split('#').next().unwrap_or_default();
                self.leave(file(message));
            }
            _ => {}
        }
    }

    fn leave(&mut self, file: Option<usize>) {
        let Some(file) = file else { return };
        self.held.remove(&file);
        self.waiting.remove(&file);
    }

    /// A process ends: nothing is known of what it held.
    pub(super) fn disturb(&mut self) {
        self.waiting.clear();
    }

    /// A small file hands over its first record at once where there are permits for every record
    /// that is held, else when each that is open with it had a turn: what it waits for are permits,
    /// and never bytes that others hold.
    pub(super) fn check(&mut self, crowd: &Crowd, is_calm: bool, watched_every: Duration) {
        let is_alone = self.last_chance.is_some_and(|at| at.elapsed() < MINUTE + watched_every);
        let places = (crowd.buffered_bytes / PLACE).max(1);
        for (file, since) in &mut self.waiting {
            let by = self.held.get(file);
            let beside = self.held.iter().filter(|(_, other)| Some(*other) == by);
            let (held, records) = beside.fold((0, 0), |(held, records), (file, _)| {
                (held + 1, records + crowd.files[*file].records)
            });
            if !is_calm || is_alone || held > places {
                *since = Instant::now();
                continue;
            }
            let permits = crowd.permits();
            let turns = (BUFFERS * held).div_ceil(permits).min(records / permits) as u32;
            let most = turns * crowd.longest() + SECOND + watched_every;
            assert!(
                since.elapsed() <= most,
                "L4: file {file} has not begun after {:?}, beside {held} files on {places} places",
                since.elapsed(),
            );
        }
    }
}
