//! The header of a gzip member, byte by byte: it may be split anywhere.

use flate2::Crc;

/// First bytes of every member.
pub(super) const MAGIC: [u8; 2] = [0x1f, 0x8b];
const METHOD_DEFLATE: u8 = 8;
const FHCRC: u8 = 1 << 1;
const FEXTRA: u8 = 1 << 2;
const FNAME: u8 = 1 << 3;
const FCOMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Reads a header and keeps nothing of it, however long its fields are.
#[derive(Debug)]
pub(super) struct Header {
    field: Field,
    flags: u8,
    crc: Crc,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Magic(usize),
    Method,
    Flags,
    /// Time (4 bytes), extra flags, operating system.
    Fixed(u8),
    ExtraLength(Option<u8>),
    Extra(u16),
    Name,
    Comment,
    Checksum(Option<u8>),
    Done,
}

impl Header {
    pub(super) fn new() -> Self {
        Self { field: Field::Magic(0), flags: 0, crc: Crc::new() }
    }

    /// Takes bytes from the front of `input`: how many, and whether the header is complete.
    pub(super) fn feed(&mut self, input: &[u8]) -> Result<(usize, bool), &'static str> {
        let mut summed = 0;
        for (at, &byte) in input.iter().enumerate() {
            if matches!(self.field, Field::Checksum(None)) {
                // The checksum covers everything before itself.
                self.crc.update(&input[summed..at]);
                summed = at;
            }
            self.field = self.next(byte)?;
            if self.field == Field::Done {
                return Ok((at + 1, true));
            }
        }
        if !matches!(self.field, Field::Checksum(Some(_))) {
            self.crc.update(&input[summed..]);
        }
        Ok((input.len(), false))
    }

    fn next(&mut self, byte: u8) -> Result<Field, &'static str> {
        Ok(match self.field {
            Field::Magic(at) if byte != MAGIC[at] => return Err("bad magic bytes"),
            Field::Magic(0) => Field::Magic(1),
            Field::Magic(_) => Field::Method,
            Field::Method if byte != METHOD_DEFLATE => return Err("unknown compression method"),
            Field::Method => Field::Flags,
            Field::Flags if byte & RESERVED != 0 => return Err("reserved flags are set"),
            Field::Flags => {
                self.flags = byte;
                Field::Fixed(6)
            }
            Field::Fixed(1) => self.optional(FEXTRA),
            Field::Fixed(left) => Field::Fixed(left - 1),
            Field::ExtraLength(None) => Field::ExtraLength(Some(byte)),
            Field::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.optional(FNAME),
                length => Field::Extra(length),
            },
            Field::Extra(1) => self.optional(FNAME),
            Field::Extra(left) => Field::Extra(left - 1),
            Field::Name if byte == 0 => self.optional(FCOMMENT),
            Field::Comment if byte == 0 => self.optional(FHCRC),
            Field::Name | Field::Comment | Field::Done => self.field,
            Field::Checksum(None) => Field::Checksum(Some(byte)),
            Field::Checksum(Some(low)) => {
                // The lower half of the CRC-32.
                if u16::from_le_bytes([low, byte]) != self.crc.sum() as u16 {
                    return Err("header checksum does not match");
                }
                Field::Done
            }
        })
    }

    /// The first field present, of `flag` and those that follow it.
    fn optional(&self, flag: u8) -> Field {
        let order = [
            (FEXTRA, Field::ExtraLength(None)),
            (FNAME, Field::Name),
            (FCOMMENT, Field::Comment),
            (FHCRC, Field::Checksum(None)),
        ];
        let mut rest = order.into_iter().skip_while(|(of, _)| *of != flag);
        rest.find(|(of, _)| self.flags & of != 0).map_or(Field::Done, |(_, field)| field)
    }
}
