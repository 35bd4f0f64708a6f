use super::source::Source;
use crate::port::{PortError, PortErrorKind};
use bytes::Bytes;
use std::collections::VecDeque;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many chunks are read ahead while others are decoded.
const AHEAD: usize = 4;
/// Bodies below this size are read where they are decoded.
const SMALL: u64 = 64 << 10;

/// An object's bytes: read ahead by a task of their own where the object is worth it.
pub(super) enum Chunks {
    Direct(Box<Source>),
    Ahead(Receiver<Next>),
}

/// `None` is the end, and said explicitly: a channel that merely closed is no end of a body.
type Next = Result<Option<Bytes>, PortError>;

impl Chunks {
    pub(super) fn of(source: Source, size: Option<u64>) -> Self {
        if size.is_some_and(|size| size < SMALL) {
            return Self::Direct(Box::new(source));
        }
        let (sender, receiver) = channel(AHEAD);
        tokio::spawn(read_ahead(source, sender));
        Self::Ahead(receiver)
    }

    /// Waits for more, takes all that is there, and says whether that was the end. At the end the body was found whole.
    pub(super) async fn fill(&mut self, into: &mut VecDeque<Bytes>) -> Result<bool, PortError> {
        let receiver = match self {
            Self::Direct(source) => return Ok(take(source.next().await?, into)),
            Self::Ahead(receiver) => receiver,
        };
        let lost = || PortError::new(PortErrorKind::Transient, "the task that read the body is gone");
        let mut ended = take(receiver.recv().await.ok_or_else(lost)??, into);
        while !ended && let Ok(next) = receiver.try_recv() {
            ended = take(next?, into);
        }
        Ok(ended)
    }
}

fn take(next: Option<Bytes>, into: &mut VecDeque<Bytes>) -> bool {
    let ended = next.is_none();
    into.extend(next);
    ended
}

async fn read_ahead(mut source: Source, sender: Sender<Next>) {
    loop {
        let next = tokio::select! {
            biased;
            () = sender.closed() => return,
            next = source.next() => next,
        };
        let more = matches!(next, Ok(Some(_)));
        if sender.send(next).await.is_err() || !more {
            return;
        }
    }
}
