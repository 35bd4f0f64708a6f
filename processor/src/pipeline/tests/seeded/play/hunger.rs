//! L1: what could be begun is begun within a minute.

use super::{
    super::super::{SECOND, world::Run},
    Stage,
};
use crate::testing::Place;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// So long a message may be visible that could be begun.
const MINUTE: Duration = Duration::from_secs(60);
/// Requests that fail by chance make the consumer pause: up to half a minute after each, in a row.
const CHAOS: u32 = 20;

/// For how long each message has been visible without a break, while nothing stood against its
/// being received.
#[derive(Default)]
pub(super) struct Hunger {
    since: BTreeMap<String, Instant>,
}

impl Hunger {
    /// Looks at the queue, and says how soon to look again at the latest.
    pub(super) fn watch(&mut self, stage: &Stage<'_>, run: &Run) -> Option<Duration> {
        let Stage { scenario, world, judge, .. } = stage;
        let visible = world.queue.in_place(Place::Visible);
        let (now, held) = (Instant::now(), run.handle.stats().held as usize);
        let capacity = run.handle.capacity();
        // A message on its last receive is worked on alone.
        let is_alone = judge.holds_one_received(scenario.max_receives);
        let has_room = held < scenario.slots + capacity.parked() && capacity.waiting() == 0;
        if !has_room || is_alone || !judge.is_calm() {
            self.since.clear();
            return None;
        }
        self.since.retain(|message, _| visible.contains(message));
        // What cannot be read may come first, after half a minute each.
        let others = visible.iter().filter(|message| !judge.is_readable(message)).count() as u32;
        let longest = MINUTE * (1 + others) * if scenario.is_chaotic() { CHAOS } else { 1 };
        for message in visible.iter().filter(|message| judge.is_readable(message)) {
            let since = *self.since.entry(message.clone()).or_insert(now);
            judge.object(
                || format!("L1: {message} was visible for {:?}", now - since),
                now - since <= longest + SECOND,
            );
        }
        (!visible.is_empty()).then_some(SECOND)
    }
}
