//! The header of a frame (RFC 8878, 3.1.1.1): it may be split anywhere.

/// Magic, descriptor, window, dictionary and content size.
const LONGEST: usize = 4 + 1 + 1 + 4 + 8;
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Of frames to skip; the lower half of the first byte is free.
const SKIP: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

/// A header as far as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    bytes: [u8; LONGEST],
    have: usize,
}

/// What a header says.
pub(super) enum Kind {
    Incomplete,
    /// It is none.
    Garbage,
    /// So many bytes follow that mean nothing.
    Skip(u64),
    Data {
        window: u64,
    },
    /// It cannot be undone.
    Wrong(String),
}

impl Header {
    pub(super) fn new() -> Self {
        Self { bytes: [0; LONGEST], have: 0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.have]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.have == 0
    }

    /// Whether a magic number begins with these bytes.
    pub(super) fn may_be_one(&self) -> bool {
        let bytes = self.bytes();
        let skips = bytes
            .iter()
            .zip(SKIP)
            .enumerate()
            .all(|(at, (byte, magic))| byte & if at == 0 { 0xf0 } else { 0xff } == magic);
        bytes.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic) || skips
    }

    /// Takes bytes up to the header's end. How many.
    pub(super) fn feed(&mut self, input: &[u8]) -> (usize, Kind) {
        for (used, byte) in input.iter().enumerate() {
            self.bytes[self.have] = *byte;
            self.have += 1;
            match self.kind() {
                Kind::Incomplete => {}
                kind => return (used + 1, kind),
            }
        }
        (input.len(), Kind::Incomplete)
    }

    fn kind(&self) -> Kind {
        let bytes = self.bytes();
        if !self.may_be_one() {
            return Kind::Garbage;
        }
        if bytes.len() < 5 {
            return Kind::Incomplete;
        }
        if bytes[0] != MAGIC[0] {
            return match bytes[4..] {
                [a, b, c, d] => Kind::Skip(u32::from_le_bytes([a, b, c, d]).into()),
                _ => Kind::Incomplete,
            };
        }
        let descriptor = bytes[4];
        let is_single = descriptor >> 5 & 1 == 1;
        let window = usize::from(!is_single);
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let content = match descriptor >> 6 {
            0 => usize::from(is_single),
            flag => 1 << flag,
        };
        if descriptor >> 3 & 1 == 1 {
            return Kind::Wrong("a reserved bit is set".to_owned());
        }
        let mut rest = &bytes[5..];
        if rest.len() < window + dictionary + content {
            return Kind::Incomplete;
        }
        let mut number = |bytes: usize| {
            let (now, later) = rest.split_at(bytes);
            rest = later;
            now.iter().rev().fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let exponent = number(window);
        let id = number(dictionary);
        if id != 0 {
            return Kind::Wrong(format!("it needs the dictionary {id}"));
        }
        let size = number(content) + if content == 2 { 256 } else { 0 };
        let window = match is_single {
            true => size,
            false => {
                let base = 1_u64 << (10 + (exponent >> 3));
                base + base / 8 * (exponent & 7)
            }
        };
        Kind::Data { window }
    }
}
