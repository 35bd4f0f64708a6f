use std::time::Duration;

/// What goes wrong with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ObjectFault {
    /// It is not there.
    Missing,
    /// It may not be read.
    Denied,
    /// The store is unwell.
    Unavailable,
    /// The request is answered only after so long.
    SlowOpen(Duration),
    /// The connection breaks after so many bytes.
    Break(usize),
    /// The body ends after so many bytes, as if that were all.
    Short(usize),
    /// Nothing comes for so long after so many bytes.
    Stall(usize, Duration),
    /// Every chunk takes so long.
    SlowChunks(Duration),
    /// One bit of this byte is another one on its way over this connection.
    Corrupt(usize),
    /// The same, and the connection breaks after so many bytes.
    CorruptBreak(usize, usize),
    /// The bytes come as they are stored; the checksum that comes with them is that of others.
    /// Nothing goes wrong with a connection that resumes: it tells none.
    Checksum,
    /// The same, and the connection breaks after so many bytes.
    ChecksumBreak(usize),
    /// The client panics.
    Panic,
}

impl ObjectFault {
    /// Whether it hits the request, and not the body.
    pub(super) fn strikes_at_once(self) -> bool {
        matches!(
            self,
            Self::Missing | Self::Denied | Self::Unavailable | Self::SlowOpen(_) | Self::Panic
        )
    }

    /// Whether it hits neither the request nor the body.
    pub(super) fn is_of_checksum(self) -> bool {
        matches!(self, Self::Checksum | Self::ChecksumBreak(_))
    }
}
