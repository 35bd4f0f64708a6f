//! Zstandard (RFC 8878), incremental: any number of frames, and frames to skip between them.
//!
//! The headers of frames are read here as well as by the library: only so is it known how much
//! memory a frame needs before it is taken.

mod header;

use self::header::{Header, Kind};
use super::{Codec, Read};
use crate::error::{DecodeError, DecodeErrorKind};
use std::io;
use zstd::stream::raw::{DParameter, Decoder, Operation};

/// The largest window, as a power of two: 8 MiB. Every decoder has to take that much (RFC 8878,
/// 3.1.1.1.2), and no level of the tools up to 19 makes a larger one.
const WINDOW_LOG: u32 = 23;
const LARGEST_WINDOW: u64 = 1 << WINDOW_LOG;

/// Equal lines reach 12,000; a run of one byte 32,421, which is the most there can be.
const MAX_RATIO: u32 = 16_000;

/// Undoes a sequence of zstd frames.
pub(super) struct Unzstd {
    state: State,
    decoder: Option<Decoder<'static>>,
    /// What the decoder was granted.
    granted: u64,
    consumed: u64,
    /// Where the frame begins.
    frame: u64,
}

enum State {
    Header(Header),
    /// A header is complete, and so many bytes are needed for what follows it.
    Asks(Header, u64),
    /// In a frame, of whose header so many bytes were passed to the decoder.
    Data(Header, usize),
    /// In a frame to skip, of which so many bytes are left.
    Skip(u64),
}

impl Unzstd {
    pub(super) fn new() -> Self {
        let state = State::Header(Header::new());
        Self { state, decoder: None, granted: 0, consumed: 0, frame: 0 }
    }

    fn damaged(&self, text: impl std::fmt::Display) -> DecodeError {
        DecodeError::stored(format!("damaged zstd frame ({text})"), self.frame)
    }

    fn take(&mut self, input: &mut &[u8], n: usize) {
        *input = &input[n..];
        self.consumed += n as u64;
    }

    /// Takes bytes of a header.
    fn header(&mut self, input: &mut &[u8]) -> Result<Read, DecodeError> {
        let State::Header(mut header) = self.state else { return Ok(Read::Bytes(0)) };
        if header.is_empty() {
            self.frame = self.consumed;
        }
        let (used, kind) = header.feed(input);
        self.take(input, used);
        self.state = match kind {
            Kind::Incomplete => State::Header(header),
            Kind::Garbage if self.frame > 0 => {
                return Err(DecodeError::new(DecodeErrorKind::TrailingGarbage, self.frame));
            }
            Kind::Garbage => return Err(self.damaged("no magic number")),
            Kind::Skip(bytes) => State::Skip(bytes),
            Kind::Wrong(text) => return Err(self.damaged(text)),
            Kind::Data { window } if window > LARGEST_WINDOW => {
                return Err(self.damaged(format_args!(
                    "it needs a window of {window} bytes, {LARGEST_WINDOW} are allowed: compress \
                     it without --long or --ultra"
                )));
            }
            Kind::Data { window } => State::Asks(header, needed(window)),
        };
        Ok(Read::Bytes(0))
    }

    /// Begins with a frame, if it may hold so many bytes: it is called again only then.
    fn begin(&mut self, header: Header, bytes: u64) -> Result<Read, DecodeError> {
        if bytes > self.granted {
            // Given back before more is asked for.
            self.decoder = None;
            self.granted = bytes;
            return Ok(Read::NeedMemory(bytes));
        }
        let ready = match &mut self.decoder {
            Some(decoder) => decoder.reinit(),
            None => new_decoder().map(|decoder| self.decoder = Some(decoder)),
        };
        ready.map_err(|error| self.damaged(error))?;
        self.state = State::Data(header, 0);
        Ok(Read::Bytes(0))
    }

    fn data(&mut self, input: &mut &[u8], out: &mut [u8]) -> Result<Read, DecodeError> {
        let State::Data(header, passed) = &mut self.state else { return Ok(Read::Bytes(0)) };
        let Some(decoder) = &mut self.decoder else { return Ok(Read::Bytes(0)) };
        let front = &header.bytes()[*passed..];
        let is_front = !front.is_empty();
        let status = decoder.run_on_buffers(if is_front { front } else { input }, out);
        let status = match status {
            Ok(status) => status,
            Err(error) => return Err(self.damaged(error)),
        };
        let (read, written) = (status.bytes_read, status.bytes_written);
        if is_front {
            *passed += read;
        } else {
            self.take(input, read);
        }
        if status.remaining == 0 {
            self.state = State::Header(Header::new());
        } else if !is_front && read + written == 0 {
            return match input.is_empty() {
                true => Ok(Read::NeedInput),
                false => Err(self.damaged("its data makes no progress")),
            };
        }
        Ok(Read::Bytes(written))
    }

    fn at_end_of_input(&self) -> Result<Read, DecodeError> {
        let ends = matches!(&self.state, State::Header(header) if header.is_empty());
        if ends && self.consumed > 0 {
            return Ok(Read::End);
        }
        if let State::Header(header) = &self.state
            && !header.may_be_one()
        {
            return Err(DecodeError::new(DecodeErrorKind::TrailingGarbage, self.frame));
        }
        let text = "zstd data ends inside a frame, the object is incomplete";
        Err(DecodeError::stored(text, self.consumed))
    }
}

impl Codec for Unzstd {
    fn read(&mut self, input: &mut &[u8], last: bool, out: &mut [u8]) -> Result<Read, DecodeError> {
        let read = match &self.state {
            State::Asks(header, bytes) => {
                let (header, bytes) = (*header, *bytes);
                return self.begin(header, bytes);
            }
            // It may have output left.
            State::Data(..) => self.data(input, out)?,
            State::Header(_) if !input.is_empty() => self.header(input)?,
            State::Skip(left) if *left == 0 || !input.is_empty() => {
                let now = (input.len() as u64).min(*left);
                self.state = match *left - now {
                    0 => State::Header(Header::new()),
                    left => State::Skip(left),
                };
                self.take(input, now as usize);
                Read::Bytes(0)
            }
            State::Header(_) | State::Skip(_) => Read::NeedInput,
        };
        match read {
            Read::NeedInput if last => self.at_end_of_input(),
            read => Ok(read),
        }
    }

    fn consumed(&self) -> u64 {
        self.consumed
    }

    fn max_ratio(&self) -> u32 {
        MAX_RATIO
    }
}

fn new_decoder() -> io::Result<Decoder<'static>> {
    let mut decoder = Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
    Ok(decoder)
}

/// What the library takes for a frame: its tables, the window, a block of input and one of output.
fn needed(window: u64) -> u64 {
    const TABLES: u64 = 160 << 10;
    const LARGEST_BLOCK: u64 = 128 << 10;
    TABLES + window + 2 * window.min(LARGEST_BLOCK)
}
