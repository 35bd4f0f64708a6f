//! The body of an answer, which may be cut, stalled or changed on its way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::embedded::flush::Flushes;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// An answer's body.
pub(crate) struct Reply {
    inner: s3s::Body,
    /// What lies ahead: the byte count at which it happens, and what it is.
    ahead: Vec<(u64, Break)>,
    /// Which bytes are changed.
    flips: Vec<u64>,
    sent: u64,
    rest: Bytes,
    wait: Option<Pin<Box<Sleep>>>,
    /// The connection, and how often it was flushed when the cut came.
    cut: Option<(Arc<Flushes>, u64)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Break {
    /// Once the connection has sent all that came before.
    Cut(Arc<Flushes>),
    Stall(Duration),
}

impl Reply {
    pub(crate) fn new(inner: s3s::Body) -> Self {
        Self {
            inner,
            ahead: Vec::new(),
            flips: Vec::new(),
            sent: 0,
            rest: Bytes::new(),
            wait: None,
            cut: None,
        }
    }

    /// Changes the lowest bit of this byte.
    pub(crate) fn flip(&mut self, at: u64) {
        self.flips.push(at);
    }

    pub(crate) fn break_after(&mut self, bytes: u64, what: Break) {
        self.ahead.push((bytes, what));
        self.ahead.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    }

    /// Sends as much of `data` as comes before the next break, and keeps the rest.
    fn send(&mut self, mut data: Bytes) -> Bytes {
        if let Some((at, _)) = self.ahead.last() {
            let room = usize::try_from(at - self.sent).unwrap_or(usize::MAX);
            if room < data.len() {
                self.rest = data.split_off(room);
            }
        }
        let data = self.flipped(data);
        self.sent += data.len() as u64;
        data
    }

    /// The bytes that are sent next, changed where they are to be.
    fn flipped(&self, data: Bytes) -> Bytes {
        let of_data = |at: &u64| {
            usize::try_from(at.checked_sub(self.sent)?).ok().filter(|at| *at < data.len())
        };
        let flips: Vec<_> = self.flips.iter().filter_map(of_data).collect();
        if flips.is_empty() {
            return data;
        }
        // The store's own bytes stay as they are.
        let mut changed = BytesMut::from(&data[..]);
        flips.into_iter().for_each(|at| changed[at] ^= 1);
        changed.freeze()
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        loop {
            if let Some(wait) = &mut this.wait {
                std::task::ready!(wait.as_mut().poll(cx));
                this.wait = None;
            }
            if let Some((flushes, seen)) = &this.cut {
                // What was handed over before may still be in a buffer, which an error would throw
                // away.
                std::task::ready!(flushes.poll_after(*seen, cx));
                return Poll::Ready(Some(Err("the body is cut here on purpose".into())));
            }
            if this.ahead.last().is_some_and(|(at, _)| *at <= this.sent) {
                match this.ahead.pop() {
                    Some((_, Break::Cut(flushes))) => {
                        let seen = flushes.count();
                        this.cut = Some((flushes, seen));
                    }
                    Some((_, Break::Stall(pause))) => this.wait = Some(Box::pin(sleep(pause))),
                    None => {}
                }
                continue;
            }
            if !this.rest.is_empty() {
                let rest = std::mem::take(&mut this.rest);
                return Poll::Ready(Some(Ok(Frame::data(this.send(rest)))));
            }
            let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
            return Poll::Ready(match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        let data = this.send(data);
                        if data.is_empty() && !this.rest.is_empty() {
                            continue;
                        }
                        Some(Ok(Frame::data(data)))
                    }
                    Err(frame) => Some(Ok(frame)),
                },
                other => other,
            });
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
            && self.wait.is_none()
            && self.cut.is_none()
            && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.sent == 0 { self.inner.size_hint() } else { SizeHint::default() }
    }
}
