use super::super::{judge::Doing, table::Fault};
use crate::{ProcessError, Record, testing::Random};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// How the processors of a scenario behave: the same for the same record, delivery and try.
#[derive(Debug, Clone)]
pub(in super::super) struct Manner {
    pub(in super::super) seed: u64,
    pub(in super::super) visibility_timeout: Duration,
    pub(in super::super) timeout: Option<Duration>,
    /// Whether records fail, hang, panic at all.
    pub(in super::super) is_faulty: bool,
    /// Whether records hold their threads.
    pub(in super::super) may_block: bool,
    /// What goes wrong more often than anything else.
    pub(in super::super) favourite: Option<Fault>,
    /// Records take long enough for the lease to be extended.
    pub(in super::super) is_slow: bool,
    /// Some records take longer than the 12 hours.
    pub(in super::super) takes_days: bool,
}

/// What is done with one record.
#[derive(Debug, Clone)]
pub(in super::super) struct Act {
    pub(in super::super) takes: Duration,
    pub(in super::super) end: End,
    /// A deferred record gets its verdict before it is taken over.
    pub(in super::super) at_once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) enum End {
    Done,
    Fail,
    RetryAfter(Duration),
    Reject,
    Panic,
    /// Takes very long.
    Hang,
    /// Holds its thread.
    Block,
    /// Of a deferred record.
    DropAck,
}

impl Manner {
    pub(in super::super) fn act(&self, record: &Record<'_>, deliveries: u32, attempt: u32) -> Act {
        let key = record.object().key();
        let text = format!("{key}/{}/{deliveries}/{attempt}", record.index());
        let mix = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let random = &mut Random::new(text.bytes().fold(self.seed, mix));
        // How many deliveries of this object go wrong: few as a rule, so that most is done in the
        // end.
        let troubled = [0, 0, 0, 1, 1, 2, 3, 99]
            [Random::new(key.bytes().fold(!self.seed, mix)).below(8) as usize];
        let end = match self.favourite {
            Some(fault) if deliveries <= troubled.max(1) && random.chance(200) => {
                End::of(fault, random)
            }
            _ if self.is_faulty && deliveries <= troubled && random.chance(60) => {
                match End::any(random) {
                    End::Block if !self.may_block => End::Fail,
                    end => end,
                }
            }
            _ => End::Done,
        };
        let hours = self.takes_days && deliveries == 1 && random.chance(30);
        let takes = match end {
            End::Hang => self.timeout.unwrap_or(self.visibility_timeout * 3) + SECOND,
            End::Block => random.duration(self.visibility_timeout * 2) + SECOND,
            _ if hours => 45_000 * SECOND,
            _ if self.is_slow && random.chance(150) => self.visibility_timeout.mul_f64(0.8),
            _ => match random.below(40) {
                0..24 => Duration::ZERO,
                24..38 => random.duration(SECOND),
                38 => random.duration(self.visibility_timeout),
                _ => random.duration(self.visibility_timeout * 3),
            },
        };
        let takes = match self.timeout {
            Some(timeout) if end != End::Hang && end != End::Block && !hours => {
                takes.min(timeout.saturating_sub(SECOND))
            }
            _ => takes,
        };
        Act {
            takes,
            end: if hours && self.timeout.is_some() { End::Hang } else { end },
            at_once: random.chance(if self.is_slow { 100 } else { 300 }),
        }
    }
}

impl End {
    fn any(random: &mut Random) -> Self {
        let faults = [
            Fault::Fails,
            Fault::Fails,
            Fault::Rejects,
            Fault::Panics,
            Fault::Hangs,
            Fault::Blocks,
            Fault::DropsAck,
        ];
        Self::of(faults[random.below(faults.len() as u64) as usize], random)
    }

    fn of(fault: Fault, random: &mut Random) -> Self {
        match fault {
            Fault::Fails if random.chance(300) => Self::RetryAfter(random.duration(20 * SECOND)),
            Fault::Fails => Self::Fail,
            Fault::Rejects => Self::Reject,
            Fault::Panics => Self::Panic,
            Fault::Hangs => Self::Hang,
            Fault::Blocks => Self::Block,
            Fault::DropsAck => Self::DropAck,
            _ => Self::Done,
        }
    }

    pub(super) fn result(self, doing: &Doing) -> Result<(), ProcessError> {
        match self {
            Self::Done | Self::Hang | Self::Block => Ok(()),
            Self::Fail => {
                doing.strikes(Fault::Fails);
                Err(ProcessError::retry("told to fail"))
            }
            Self::RetryAfter(delay) => {
                doing.strikes(Fault::Fails);
                Err(ProcessError::retry_after(delay, "told to fail for a while"))
            }
            // Where there is no acknowledgement to drop.
            Self::Reject | Self::DropAck => {
                doing.strikes(Fault::Rejects);
                Err(ProcessError::reject("told to reject"))
            }
            Self::Panic => {
                doing.strikes(Fault::Panics);
                Self::panic()
            }
        }
    }

    /// Without the hook's noise.
    pub(super) fn panic() -> ! {
        std::panic::resume_unwind(Box::new("told to panic".to_owned()))
    }
}
