use crate::{decode::DecodeError, port::PortError, record::Shown};

/// What ends the reading of an object before its end.
pub(super) enum Cut {
    /// The work has become pointless.
    Stopped,
    Store(PortError),
    Decode(DecodeError),
    /// The decoder panicked: a mistake of this library, or of whoever brought the decoder.
    DecoderLost,
}

impl Cut {
    /// The kind of trouble, as logs name it.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Stopped => "Stopped".into(),
            Self::Store(error) => format!("{:?}", error.kind),
            Self::Decode(error) => format!("{:?}", error.kind()),
            Self::DecoderLost => "DecoderLost".into(),
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped => f.write_str("no longer wanted"),
            Self::Store(error) => write!(f, "{error}"),
            // The text may be that of somebody else's decoder, with bytes of the object in it.
            Self::Decode(error) => Shown(error).fmt(f),
            Self::DecoderLost => {
                f.write_str("the decoder panicked; unless it is your own, please report this")
            }
        }
    }
}
