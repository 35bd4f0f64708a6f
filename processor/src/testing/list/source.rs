use super::{
    inner::{Inner, ListSettings},
    state::{HandedOut, Standing, name},
};
use crate::{
    error::RunError,
    job::{Job, JobObject, LeaseView, MessageInfo, ObjectEnded, Routed, Ticket},
    record::{Message, Told},
    runtime::{Phase, Shared, Stop},
    source::Source,
    testing::{EntryResult, Event, Op},
    tracking::{MessageKey, ObjectEnd},
};
use futures::future::BoxFuture;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
        watch,
    },
    time::{Instant, sleep_until},
};

/// Nobody else takes what is held, so it may be held for as long as one likes.
const TERM: Duration = Duration::from_secs(1_000 * 24 * 3_600);

/// One consumer of a list.
pub(super) struct ListSource {
    list: Arc<Inner>,
    by: u32,
}

/// What a consumer works with while it runs.
struct Consumer {
    source: ListSource,
    shared: Shared,
    jobs: UnboundedSender<Vec<Job>>,
    ends: UnboundedReceiver<ObjectEnded>,
    end_sender: UnboundedSender<ObjectEnded>,
    held: BTreeMap<MessageKey, Held>,
    keys: u64,
    abort_at: Option<Instant>,
}

/// An entry that was handed out.
struct Held {
    entry: usize,
    attempt: u32,
    /// Objects whose end is still to come.
    open: usize,
    is_done: bool,
    cancel: Stop,
}

impl ListSource {
    pub(super) fn new(list: Arc<Inner>, by: u32) -> Self {
        Self { list, by }
    }
}

impl Source for ListSource {
    fn run(
        self: Box<Self>,
        jobs: UnboundedSender<Vec<Job>>,
        shared: Shared,
    ) -> BoxFuture<'static, Result<(), RunError>> {
        let (end_sender, ends) = unbounded_channel();
        let (held, keys, abort_at) = (BTreeMap::new(), 0, None);
        let source = *self;
        Box::pin(Consumer { source, shared, jobs, ends, end_sender, held, keys, abort_at }.drive())
    }
}

impl Consumer {
    async fn drive(mut self) -> Result<(), RunError> {
        let mut phases = self.shared.signals.watch();
        let list = Arc::clone(&self.source.list);
        loop {
            self.shared.env.turn();
            let phase = self.follow_phase();
            if phase == Phase::Running {
                self.hand_out();
            } else if self.held.is_empty() {
                return Ok(());
            }
            self.shared.counters.held.store(self.held.len() as u64, Ordering::Relaxed);
            let may_hand_out = phase == Phase::Running && self.has_slots();
            let due = list.state().next_due().filter(|_| may_hand_out);
            let wake = self.abort_at.into_iter().chain(due).min();
            tokio::select! {
                biased;
                _ = phases.changed() => {}
                () = self.jobs.closed(), if phase == Phase::Running => {
                    self.shared.signals.advance(Phase::Aborting);
                }
                Some(ended) = self.ends.recv() => self.object_ended(&ended),
                () = list.added.notified(), if may_hand_out => {}
                () = self.shared.capacity.freed(), if !may_hand_out => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {}
            }
        }
    }

    fn has_slots(&self) -> bool {
        self.held.len() < self.settings().slots + self.shared.capacity.parked()
    }

    fn settings(&self) -> &ListSettings {
        &self.source.list.settings
    }

    fn follow_phase(&mut self) -> Phase {
        let now = Instant::now();
        if self.shared.signals.phase() == Phase::Draining {
            let abort_at = *self.abort_at.get_or_insert(now + self.settings().drain_timeout);
            if now >= abort_at {
                self.shared.signals.advance(Phase::Aborting);
            }
        }
        let phase = self.shared.signals.phase();
        if phase == Phase::Aborting {
            self.abort_at = None;
            self.held.values().for_each(|held| held.cancel.cancel());
        }
        phase
    }

    fn hand_out(&mut self) {
        let mut jobs = Vec::new();
        while self.has_slots() {
            let taken = self.source.list.state().take(Instant::now());
            let Some(taken) = taken else { break };
            jobs.extend(self.job(taken));
        }
        if !jobs.is_empty() {
            // If nobody works any more, the tickets dropped with the jobs say so.
            let _ = self.jobs.send(jobs);
        }
    }

    /// `None`: there is nothing to do for it.
    fn job(&mut self, taken: HandedOut) -> Option<Job> {
        let HandedOut { entry, objects, attempt } = taken;
        self.note(Event::Received {
            message: name(entry),
            by: self.source.by,
            receipt: receipt(entry, attempt),
            count: attempt,
            term: TERM,
            again: false,
        });
        let routed = Routed::new(objects, &self.shared.routes).expect("a list's objects have one");
        let (objects, is_done, cancel) = (routed.objects, true, Stop::new());
        let held = Held { entry, attempt, open: objects.len(), is_done, cancel: cancel.clone() };
        if objects.is_empty() {
            self.entry_ended(&held);
            return None;
        }
        self.keys += 1;
        let key = MessageKey::numbered(self.keys);
        self.held.insert(key, held);
        let message = MessageInfo {
            message_id: name(entry).into(),
            told: Message::new(Told { id: name(entry), ..Told::default() }),
            receive_count: attempt,
            is_late: false,
            is_last_chance: false,
            lease: Arc::new(LeaseView::new(Instant::now() + TERM)),
            parked: AtomicUsize::new(0),
            span: OnceLock::new(),
            deleted: watch::Sender::new(false),
        };
        let object = |(notified, treatment)| JobObject {
            notified,
            treatment,
            ticket: Ticket::new(key, self.end_sender.clone()),
            waiting: self.shared.capacity.wait(),
        };
        let objects = objects.into_iter().map(object).collect();
        Some(Job { message: Arc::new(message), objects, cancel })
    }

    fn object_ended(&mut self, ended: &ObjectEnded) {
        let ObjectEnded { key, end } = ended;
        let held = self.held.get_mut(key).expect("a ticket is of what is held");
        held.open -= 1;
        held.is_done &= *end == ObjectEnd::Done;
        if held.open == 0
            && let Some(held) = self.held.remove(key)
        {
            self.entry_ended(&held);
        }
    }

    fn entry_ended(&self, held: &Held) {
        let (receipt, verdict) = (receipt(held.entry, held.attempt), EntryResult::Done);
        let (op, by, about) = match held.is_done {
            true => (Op::Delete, self.source.by, vec![receipt.clone()]),
            false => (Op::Change, self.source.by, vec![receipt.clone()]),
        };
        self.note(Event::Asked { op, by, about: about.clone() });
        let standing = if held.is_done {
            self.note(Event::Deleted { receipt, verdict });
            Standing::Done
        } else {
            let term = self.settings().delay;
            self.note(Event::Changed { receipt, term, verdict });
            match held.attempt >= self.settings().tries {
                true => Standing::GivenUp,
                false => Standing::Waits(Instant::now() + term),
            }
        };
        self.note(Event::Over { op, about, late: false });
        if standing == Standing::GivenUp {
            self.note(Event::Dead { message: name(held.entry) });
        }
        self.source.list.state().set(held.entry, standing);
    }

    fn note(&self, event: Event) {
        self.source.list.trace.note(event);
    }
}

/// As of a queue: the judge knows by it which receive it is of.
fn receipt(entry: usize, attempt: u32) -> String {
    format!("{}#{attempt}", name(entry))
}
