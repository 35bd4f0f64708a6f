use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// The most that a piece holds.
const PIECE: usize = 128 << 10;
/// Buffers to choose from: as many as may be ahead, being decoded, waiting and being filled.
const BUFFERS: usize = 14;

/// Makes pieces of one size, in buffers that are used again, of bytes that come in any.
///
/// The copy is cheaper than to hold the client's buffers, of up to 400 KiB: one that is let go of
/// at once is what the client reads into next, else it takes fresh memory.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    full: VecDeque<Bytes>,
    filling: BytesMut,
    used: VecDeque<BytesMut>,
}

impl Pieces {
    /// Whether there is nothing to take.
    pub(super) fn is_empty(&self) -> bool {
        self.full.is_empty() && self.filling.is_empty()
    }

    /// Whether there is a whole piece to take.
    pub(super) fn has_full(&self) -> bool {
        !self.full.is_empty()
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.filling.capacity() == 0 {
                self.filling = self.buffer();
            }
            let (now, later) = rest.split_at(rest.len().min(PIECE - self.filling.len()));
            self.filling.extend_from_slice(now);
            rest = later;
            if self.filling.len() == PIECE {
                let piece = self.cut();
                self.full.push_back(piece);
            }
        }
    }

    /// The first whole piece, or else what there is.
    pub(super) fn take(&mut self) -> Bytes {
        self.full.pop_front().unwrap_or_else(|| self.cut())
    }

    fn cut(&mut self) -> Bytes {
        let mut full = std::mem::take(&mut self.filling);
        let piece = full.split().freeze();
        if self.used.len() == BUFFERS {
            self.used.pop_front();
        }
        self.used.push_back(full);
        piece
    }

    /// One whose last piece is gone, else a new one.
    fn buffer(&mut self) -> BytesMut {
        let free = self.used.iter_mut().position(|buffer| buffer.try_reclaim(PIECE));
        free.and_then(|free| self.used.remove(free))
            .unwrap_or_else(|| BytesMut::with_capacity(PIECE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_full_except_for_the_last_and_nothing_is_lost() {
        let body: Vec<u8> = (0..PIECE * 5 / 2).map(|i| (i / 7) as u8).collect();
        for chunk in [1000, PIECE - 1, PIECE, PIECE + 1, body.len()] {
            let (mut pieces, mut taken) = (Pieces::default(), Vec::new());
            for chunk in body.chunks(chunk) {
                pieces.add(chunk);
                while pieces.has_full() {
                    taken.push(pieces.take());
                }
            }
            assert!(!pieces.is_empty());
            taken.push(pieces.take());
            assert!(taken.iter().rev().skip(1).all(|piece| piece.len() == PIECE), "{chunk}");
            assert_eq!(taken.concat(), body);
        }
    }

    #[test]
    fn the_memory_of_pieces_that_are_gone_is_used_again() {
        let mut pieces = Pieces::default();
        let mut places = std::collections::HashSet::new();
        let mut held = VecDeque::new();
        for _ in 0..100 {
            pieces.add(b"some bytes");
            let piece = pieces.take();
            places.insert(piece.as_ptr());
            held.push_back(piece);
            if held.len() > 3 {
                held.pop_front();
            }
        }
        assert_eq!(places.len(), 4);
    }
}
