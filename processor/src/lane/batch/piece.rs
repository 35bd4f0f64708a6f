use crate::object::Share;
use tokio::time::Instant;
use tracing::Span;

/// Records of one buffer that wait to become part of a batch.
pub(super) struct Piece {
    pub(super) share: Share,
    pub(super) receive_count: u32,
    pub(super) bytes: usize,
    pub(super) since: Instant,
    /// Which one it is of those that wait.
    pub(super) number: u64,
    /// Its object waits for its buffer.
    pub(super) is_wanted: bool,
    /// That of its object, which a batch follows from.
    pub(super) span: Span,
}

impl Piece {
    pub(super) fn new(share: Share, receive_count: u32) -> Self {
        let bytes = (0..share.len()).map(|i| share.record(i).payload().len()).sum();
        let since = Instant::now();
        let span = Span::current();
        Self { share, receive_count, bytes, since, number: 0, is_wanted: false, span }
    }

    /// How many of its records fit, and their bytes.
    pub(super) fn fitting(&self, records: usize, bytes: usize) -> (usize, usize) {
        if self.share.len() <= records && self.bytes <= bytes {
            return (self.share.len(), self.bytes);
        }
        let mut sum = 0;
        for i in 0..records.min(self.share.len()) {
            let with = sum + self.share.record(i).payload().len();
            if with > bytes {
                return (i, sum);
            }
            sum = with;
        }
        (records.min(self.share.len()), sum)
    }

    /// Splits off what is beyond the first `count` records, of so many bytes. It begins to wait
    /// anew.
    pub(super) fn split_off(&mut self, count: usize, bytes: usize) -> Piece {
        let rest = Piece {
            share: self.share.split_off(count),
            receive_count: self.receive_count,
            bytes: self.bytes - bytes,
            since: Instant::now(),
            number: 0,
            is_wanted: false,
            span: self.span.clone(),
        };
        self.bytes = bytes;
        rest
    }
}
