use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// The most that a piece holds.
const PIECE: usize = 128 << 10;
/// Buffers to choose from: as many as may be ahead, being decoded and being filled.
const BUFFERS: usize = 10;

/// Makes pieces of one size, in buffers that are used again, of bytes that come in any.
///
/// The copy is cheaper than to hold the client's buffers, for which it then takes fresh memory, up to 400 KiB at a time.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    filling: BytesMut,
    used: VecDeque<BytesMut>,
}

impl Pieces {
    /// Whether there is nothing to take.
    pub(super) fn is_empty(&self) -> bool {
        self.filling.is_empty()
    }

    /// Takes from the front of `bytes` what there is room for; true if there is more than that.
    pub(super) fn add(&mut self, bytes: &mut Bytes) -> bool {
        if self.filling.capacity() == 0 {
            self.filling = self.buffer();
        }
        let room = bytes.len().min(PIECE - self.filling.len());
        self.filling.extend_from_slice(&bytes[..room]);
        bytes.advance(room);
        !bytes.is_empty()
    }

    pub(super) fn take(&mut self) -> Bytes {
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
        free.and_then(|free| self.used.remove(free)).unwrap_or_else(|| BytesMut::with_capacity(PIECE))
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
                let mut bytes = Bytes::copy_from_slice(chunk);
                while pieces.add(&mut bytes) {
                    taken.push(pieces.take());
                }
            }
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
            pieces.add(&mut Bytes::from_static(b"some bytes"));
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
