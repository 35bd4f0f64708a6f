//! gzip (RFC 1952), incremental: any number of members, in whatever chunks they come.
//!
//! Header and trailer are read here and the deflate data by `flate2::Decompress`: the readers of
//! flate2 want to pull their input, stop at zero padding with an error, and cannot be handed a
//! chunk and a slice.

mod header;

use flate2::{Crc, Decompress, FlushDecompress, Status};

use self::header::{Header, MAGIC};
use super::{Codec, Read};
use crate::error::{DecodeError, DecodeErrorKind, Detail};

/// CRC-32 and length of the data, four bytes each, little endian.
const TRAILER: usize = 8;

/// Decompresses a sequence of gzip members.
#[derive(Debug)]
pub(super) struct Gunzip {
    state: State,
    inflate: Decompress,
    crc: Crc,
    consumed: u64,
    member: u64,
}

#[derive(Debug)]
enum State {
    Header(Header),
    Data,
    Trailer {
        bytes: [u8; TRAILER],
        have: usize,
    },
    /// A member is complete.
    Between,
    /// Zero bytes follow the last member.
    Padding,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self {
            state: State::Header(Header::new()),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            consumed: 0,
            member: 0,
        }
    }
}

impl Codec for Gunzip {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        if input.is_empty() && !matches!(self.state, State::Data) {
            return self.at_end_of_input(last);
        }
        match &mut self.state {
            State::Data => return self.inflate(input, last, out),
            State::Header(header) => {
                let (used, complete) =
                    header.feed(input).map_err(|text| damaged(self.member, text))?;
                self.take(input, used);
                if complete {
                    self.crc.reset();
                    self.state = State::Data;
                }
            }
            State::Trailer { bytes, have } => {
                let n = input.len().min(TRAILER - *have);
                bytes[*have..*have + n].copy_from_slice(&input[..n]);
                *have += n;
                if *have == TRAILER {
                    let [c0, c1, c2, c3, l0, l1, l2, l3] = *bytes;
                    self.check(
                        u32::from_le_bytes([c0, c1, c2, c3]),
                        u32::from_le_bytes([l0, l1, l2, l3]),
                    )?;
                    self.state = State::Between;
                }
                self.take(input, n);
            }
            State::Between if input[0] == MAGIC[0] => {
                self.member = self.consumed;
                self.inflate.reset(false);
                self.state = State::Header(Header::new());
            }
            State::Between | State::Padding => {
                let zeros = input.iter().take_while(|byte| **byte == 0).count();
                self.state = State::Padding;
                self.take(input, zeros);
                if !input.is_empty() {
                    return Err(DecodeError::new(DecodeErrorKind::TrailingGarbage, self.consumed));
                }
            }
        }
        Ok(Read::Bytes(0))
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }
}

impl Gunzip {
    fn inflate(
        &mut self,
        input: &mut &[u8],
        last: bool,
        out: &mut [u8],
    ) -> Result<Read, DecodeError> {
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, out, FlushDecompress::None);
        let status = status.map_err(|_| damaged(self.member, "invalid deflate data"))?;
        // Neither can exceed the length of its slice, so both fit.
        let used = (self.inflate.total_in() - before_in) as usize;
        let written = (self.inflate.total_out() - before_out) as usize;
        self.take(input, used);
        self.crc.update(&out[..written]);
        if status == Status::StreamEnd {
            self.state = State::Trailer { bytes: [0; TRAILER], have: 0 };
        } else if used == 0 && written == 0 {
            if input.is_empty() {
                return self.at_end_of_input(last);
            }
            return Err(damaged(self.member, "deflate data makes no progress"));
        }
        Ok(Read::Bytes(written))
    }

    fn at_end_of_input(&self, last: bool) -> Result<Read, DecodeError> {
        match self.state {
            _ if !last => Ok(Read::NeedInput),
            State::Between | State::Padding => Ok(Read::End),
            _ => Err(DecodeError::new(DecodeErrorKind::TruncatedGzip, self.consumed)),
        }
    }

    fn check(&self, crc: u32, length: u32) -> Result<(), DecodeError> {
        if crc != self.crc.sum() {
            return Err(damaged(self.member, "checksum does not match"));
        }
        // RFC 1952: the length modulo 2^32.
        if length != self.inflate.total_out() as u32 {
            return Err(damaged(self.member, "length does not match"));
        }
        Ok(())
    }

    fn take(&mut self, input: &mut &[u8], n: usize) {
        *input = &input[n..];
        self.consumed += n as u64;
    }
}

/// Names the start of the member: where exactly inflate notices depends on how the input was cut.
fn damaged(member: u64, text: &'static str) -> DecodeError {
    DecodeError::with(DecodeErrorKind::Gzip, member, Detail::Text(text))
}
