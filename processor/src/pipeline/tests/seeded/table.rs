//! Which fault struck in which phase of a message's life, and how many times.

use std::{fmt, ops::AddAssign};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Refused,
    Lost,
    Unanswered,
    LateAnswer,
    EntryRefused,
    StaleReceipt,
    DoubleReceive,
    EmptyReceive,
    Redelivered,
    Expired,
    Overwritten,
    Removed,
    Missing,
    Denied,
    Unavailable,
    SlowOpen,
    ClientPanic,
    Break,
    Short,
    Corrupt,
    Checksum,
    Stall,
    SlowChunks,
    Fails,
    Rejects,
    Panics,
    Hangs,
    Blocks,
    DropsAck,
    LateVerdict,
    Drain,
    Abort,
    Drop,
    CutOff,
    Pause,
    StoreOutage,
    QueueOutage,
}

/// Where a message is in its life, as far as can be told from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Receiving,
    Waiting,
    Opening,
    Reading,
    Processing,
    Deferred,
    Extending,
    Releasing,
    Deleting,
    /// Whatever else it is in, once the pipeline drains.
    Draining,
}

use Fault::*;
use Phase::*;

/// Every fault, what it is, and what comes of it.
pub(super) const FAULTS: [(Fault, &str, &str); 37] = [
    (Refused, "request refused (5xx, throttled)", "tried again after a pause"),
    (Lost, "request lost", "given up after its timeout, tried again"),
    (
        Unanswered,
        "request takes effect later, no answer",
        "the lease is the shorter of both outcomes",
    ),
    (LateAnswer, "answer comes late", "counted from when it was sent"),
    (EntryRefused, "entry of a batch refused", "that entry is tried again"),
    (StaleReceipt, "receipt is stale", "the newest receipt is used, or the lease is lost"),
    (DoubleReceive, "message twice in one receive", "one job, the newer receipt"),
    (EmptyReceive, "receive brings nothing though there is something", "asked again"),
    (Redelivered, "delivered again by the service", "one job, the newer receipt"),
    (Expired, "becomes visible under the work", "one job goes on or begins anew"),
    (Overwritten, "object overwritten", "one version is processed, never two spliced"),
    (Removed, "object deleted", "never deleted unread"),
    (Missing, "no such object", "the message comes back"),
    (Denied, "object denied", "the message comes back, or waits for an outage's end"),
    (Unavailable, "store asks for less (503)", "every reader waits"),
    (SlowOpen, "store answers slowly", "waited for"),
    (ClientPanic, "store's client panics", "the object fails"),
    (Break, "connection reset in a body", "read on at the exact byte"),
    (Short, "body ends early", "read on at the exact byte"),
    (Corrupt, "bytes corrupt on their way", "the object fails at its end"),
    (Checksum, "wrong checksum", "the object fails"),
    (Stall, "body stalls", "waited for, then read on"),
    (SlowChunks, "body trickles", "the lease is extended"),
    (Fails, "processor fails", "the message comes back"),
    (Rejects, "processor rejects", "the message comes back, no retry in place"),
    (Panics, "processor panics", "fails the record; a batch is halved until it is alone"),
    (Hangs, "processor hangs", "fails at its timeout, or the lease is kept"),
    (Blocks, "processor blocks the thread", "whatever lapsed is done anew"),
    (DropsAck, "acknowledgement dropped", "fails the record"),
    (LateVerdict, "verdict after the work was given up", "ignored and counted"),
    (Drain, "drain", "finished or handed back"),
    (Abort, "abort", "handed back"),
    (Drop, "run future dropped", "handed back"),
    (CutOff, "cut off from the queue for good", "another consumer does it"),
    (Pause, "whole process stopped for minutes", "whatever lapsed is done anew"),
    (StoreOutage, "store unreachable for a while", "held, with its lease"),
    (QueueOutage, "queue unreachable for a while", "the work goes on"),
];

/// Every phase, in the order of a message's life.
pub(super) const PHASES: [(Phase, &str); 10] = [
    (Receiving, "receiving"),
    (Waiting, "waiting for its turn"),
    (Opening, "opening"),
    (Reading, "reading"),
    (Processing, "processing"),
    (Deferred, "waiting for verdicts"),
    (Extending, "extending"),
    (Releasing, "releasing"),
    (Deleting, "deleting"),
    (Draining, "draining"),
];

/// Why a fault cannot strike in a phase; `None` if it can.
pub(super) fn impossible(fault: Fault, phase: Phase) -> Option<&'static str> {
    let asks_queue = matches!(phase, Receiving | Extending | Releasing | Deleting | Draining);
    match fault {
        DoubleReceive | EmptyReceive => (phase != Receiving).then_some("no receive"),
        EntryRefused | StaleReceipt if phase == Receiving => Some("no receipt"),
        Refused | Lost | Unanswered | LateAnswer | EntryRefused | StaleReceipt => {
            (!asks_queue).then_some("no request to the queue")
        }
        Redelivered | Expired | Overwritten | Removed => (phase == Receiving).then_some("not held"),
        Break | Short | Corrupt | Checksum | Stall | SlowChunks if phase == Opening => {
            Some("no body")
        }
        Missing | Denied | Unavailable | SlowOpen | ClientPanic | Break | Short | Corrupt
        | Checksum | Stall | SlowChunks => {
            (!matches!(phase, Opening | Reading | Draining)).then_some("no request to the store")
        }
        LateVerdict if phase == Draining => Some("nobody waits"),
        DropsAck | LateVerdict => {
            (!matches!(phase, Deferred | Draining)).then_some("no acknowledgement")
        }
        Panics | Hangs | Blocks if phase == Deferred => Some("its future has ended"),
        Fails | Rejects | Panics | Hangs | Blocks => {
            (!matches!(phase, Processing | Deferred | Draining)).then_some("no processor runs")
        }
        Drain | CutOff if phase == Draining => Some("tried once a run"),
        StoreOutage if phase == Receiving => Some("no request to the store"),
        Drain | Abort | Drop | CutOff | Pause | StoreOutage | QueueOutage => None,
    }
}

/// Every fault in every phase where it can strike.
pub(super) fn cells() -> Vec<(Fault, Phase)> {
    let all =
        FAULTS.iter().flat_map(|(fault, ..)| PHASES.iter().map(|(phase, _)| (*fault, *phase)));
    all.filter(|(fault, phase)| impossible(*fault, *phase).is_none()).collect()
}

/// How many times each fault struck in each phase.
#[derive(Debug, Clone)]
pub(super) struct Table([[u64; PHASES.len()]; FAULTS.len()]);

impl Default for Table {
    fn default() -> Self {
        Self([[0; PHASES.len()]; FAULTS.len()])
    }
}

impl Table {
    pub(super) fn strike(&mut self, fault: Fault, phase: Phase) {
        self.0[fault as usize][phase as usize] += 1;
    }

    /// Where a fault can strike, and did not.
    pub(super) fn empty(&self) -> Vec<(Fault, Phase)> {
        cells()
            .into_iter()
            .filter(|(fault, phase)| self.0[*fault as usize][*phase as usize] == 0)
            .collect()
    }

    /// Where a fault struck although that was declared impossible.
    pub(super) fn unexpected(&self) -> Vec<(Fault, Phase)> {
        let all =
            FAULTS.iter().flat_map(|(fault, ..)| PHASES.iter().map(|(phase, _)| (*fault, *phase)));
        all.filter(|(fault, phase)| {
            impossible(*fault, *phase).is_some() && self.0[*fault as usize][*phase as usize] > 0
        })
        .collect()
    }
}

impl AddAssign<&Self> for Table {
    fn add_assign(&mut self, other: &Self) {
        let cells = self.0.iter_mut().flatten().zip(other.0.iter().flatten());
        cells.for_each(|(mine, theirs)| *mine += theirs);
    }
}

/// As Markdown. What cannot be is a dash, and said below.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = PHASES.iter().map(|(_, name)| *name).collect();
        writeln!(f, "| fault | what comes of it | {} |", names.join(" | "))?;
        writeln!(f, "|---|---|{}", "--:|".repeat(PHASES.len()))?;
        for (fault, name, outcome) in FAULTS {
            write!(f, "| {name} | {outcome} |")?;
            for (phase, _) in PHASES {
                match impossible(fault, phase) {
                    Some(_) => write!(f, " - |")?,
                    None => write!(f, " {} |", self.0[fault as usize][phase as usize])?,
                }
            }
            writeln!(f)?;
        }
        writeln!(f, "\nWhat cannot be (-):\n")?;
        for (fault, name, _) in FAULTS {
            let mut why: Vec<(&str, Vec<&str>)> = Vec::new();
            for (phase, name) in PHASES {
                let Some(reason) = impossible(fault, phase) else { continue };
                match why.iter_mut().find(|(other, _)| *other == reason) {
                    Some((_, phases)) => phases.push(name),
                    None => why.push((reason, vec![name])),
                }
            }
            let why: Vec<_> =
                why.into_iter().map(|(why, at)| format!("{why} ({})", at.join(", "))).collect();
            if !why.is_empty() {
                writeln!(f, "- {name}: {}", why.join("; "))?;
            }
        }
        Ok(())
    }
}
