use super::{asking::Refusal, pieces::Pieces};
use crate::port::{PortError, PortErrorKind};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many pieces are read ahead while as many are decoded.
const AHEAD: usize = 4;
/// Bodies below this size are read where they are decoded.
const SMALL: u64 = 64 << 10;

/// Where an object's bytes come from.
pub(super) trait Source: Send + 'static {
    /// The next bytes; `None` after the last, when they were found to be whole.
    fn next(&mut self) -> BoxFuture<'_, Arrived>;
}

/// `None` is the end, and said explicitly: a channel that merely closed is no end of an object.
pub(super) type Arrived = Result<Option<Bytes>, Refusal>;

/// An object's bytes: read ahead by a task of their own where the object is worth it.
pub(super) enum Chunks {
    Direct(Box<dyn Source>),
    Ahead(Receiver<Arrived>),
}

impl Chunks {
    pub(super) fn of(source: Box<dyn Source>, size: Option<u64>) -> Self {
        if size.is_some_and(|size| size < SMALL) {
            return Self::Direct(source);
        }
        let (sender, receiver) = channel(AHEAD);
        tokio::spawn(read_ahead(source, sender));
        Self::Ahead(receiver)
    }

    /// Waits for more, takes all that is there, and says whether that was the end. At the end the
    /// object was found whole.
    pub(super) async fn fill(&mut self, into: &mut VecDeque<Bytes>) -> Result<bool, Refusal> {
        let receiver = match self {
            Self::Direct(source) => return Ok(take(source.next().await?, into)),
            Self::Ahead(receiver) => receiver,
        };
        let lost = || {
            let text = "the task that read the object is gone";
            Refusal::Error(PortError::new(PortErrorKind::Transient, text))
        };
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

/// Ends at the end of the object, or early (`None`) when nobody wants it any more.
async fn read_ahead(mut source: Box<dyn Source>, sender: Sender<Arrived>) -> Option<()> {
    let mut pieces = Pieces::default();
    let end = loop {
        match next(&mut *source, &mut pieces, &sender).await? {
            Ok(Some(bytes)) => {
                pieces.add(&bytes);
                drop(bytes);
                while pieces.has_full() {
                    sender.reserve().await.ok()?.send(Ok(Some(pieces.take())));
                }
            }
            end => break end,
        }
    };
    if !pieces.is_empty() {
        sender.reserve().await.ok()?.send(Ok(Some(pieces.take())));
    }
    sender.send(end).await.ok()
}

/// The next bytes; meanwhile what there is goes to whoever waits for it.
async fn next(
    source: &mut dyn Source,
    pieces: &mut Pieces,
    sender: &Sender<Arrived>,
) -> Option<Arrived> {
    let mut next = source.next();
    loop {
        tokio::select! {
            biased;
            () = sender.closed() => return None,
            room = sender.reserve(), if !pieces.is_empty() => {
                room.ok()?.send(Ok(Some(pieces.take())));
            }
            next = &mut next => return Some(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it says in turn; after that nothing comes.
    struct Script(VecDeque<Arrived>);

    impl Source for Script {
        fn next(&mut self) -> BoxFuture<'_, Arrived> {
            Box::pin(async {
                match self.0.pop_front() {
                    Some(next) => next,
                    None => std::future::pending().await,
                }
            })
        }
    }

    fn chunk(bytes: &'static str) -> Arrived {
        Ok(Some(Bytes::from_static(bytes.as_bytes())))
    }

    fn broken() -> Arrived {
        Err(Refusal::Error(PortError::new(PortErrorKind::Transient, "broken")))
    }

    fn said(refusal: Refusal) -> String {
        match refusal {
            Refusal::Error(error) => error.to_string(),
            Refusal::Down(of) => of.to_string(),
        }
    }

    /// Both ways of reading the same body.
    fn both(script: impl Fn() -> Vec<Arrived>) -> [Chunks; 2] {
        [Some(10), None].map(|size| Chunks::of(Box::new(Script(script().into())), size))
    }

    /// Everything up to the end or an error.
    async fn all(mut chunks: Chunks) -> (Vec<u8>, Option<String>) {
        let mut into = VecDeque::new();
        loop {
            match chunks.fill(&mut into).await {
                Ok(false) => {}
                end => {
                    return (into.iter().flatten().copied().collect(), end.err().map(said));
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_chunk_comes_in_its_order_until_the_end() {
        for chunks in both(|| {
            vec![chunk("a"), chunk("b"), chunk("c"), chunk("d"), chunk("e"), chunk("f"), Ok(None)]
        }) {
            assert_eq!(all(chunks).await, (b"abcdef".to_vec(), None));
        }
        for chunks in both(|| vec![Ok(None)]) {
            assert_eq!(all(chunks).await, (Vec::new(), None));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trap_12_an_error_behind_chunks_that_were_read_ahead_is_not_lost() {
        for chunks in both(|| vec![chunk("a"), chunk("b"), broken(), Ok(None)]) {
            tokio::task::yield_now().await;
            assert_eq!(all(chunks).await.1.as_deref(), Some("broken"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn trap_12_a_channel_that_closes_without_an_end_is_an_error() {
        let (sender, receiver) = channel(AHEAD);
        sender.try_send(chunk("a")).expect("there is room");
        drop(sender);
        let (bytes, error) = all(Chunks::Ahead(receiver)).await;
        assert_eq!(bytes, b"a");
        assert!(error.is_some_and(|error| error.contains("gone")));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_read_ahead_than_a_few_chunks_and_nothing_after_the_reader_is_gone() {
        let chunks = Chunks::of(Box::new(Script((0..100).map(|_| chunk("a")).collect())), None);
        (0..20).for_each(|_| drop(tokio::spawn(async {})));
        tokio::task::yield_now().await;
        let Chunks::Ahead(receiver) = &chunks else { panic!("large ones are read ahead") };
        assert_eq!(receiver.len(), AHEAD);
        drop(chunks);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_does_not_outlive_its_reader() {
        let mut chunks = Chunks::of(Box::new(Script(VecDeque::new())), None);
        let mut into = VecDeque::new();
        let stalled =
            tokio::time::timeout(std::time::Duration::from_secs(60), chunks.fill(&mut into)).await;
        assert!(stalled.is_err());
        drop(chunks);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    }
}
