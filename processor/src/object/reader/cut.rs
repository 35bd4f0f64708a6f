use super::asking::Refusal;
use crate::{
    breaker::OutageOf,
    decode::DecodeError,
    port::{PortError, PortErrorKind},
    record::Shown,
};

/// What ends the reading of an object before its end.
pub(super) enum Cut {
    /// The work has become pointless.
    Stopped,
    /// What it needs is down.
    Down(OutageOf),
    Store(PortError),
    Decode(DecodeError),
    /// It is not what it was when an earlier delivery settled some of its records, though its ETag
    /// is the same: the bytes were damaged on their way, then or now.
    NotTheSame,
    /// So many of the records that are wanted once more are not in it.
    NoSuchRecord(usize),
    /// Its failed records could not be put aside.
    NotPutAside(String),
    /// The decoder panicked: a mistake of this library, or of whoever brought the decoder.
    DecoderLost,
}

impl Cut {
    /// The kind of trouble, as logs name it.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Stopped => "Stopped".into(),
            Self::Down(_) => "Down".into(),
            Self::Store(error) => format!("{:?}", error.kind),
            Self::Decode(error) => format!("{:?}", error.kind()),
            Self::NotTheSame => "NotTheSame".into(),
            Self::NoSuchRecord(_) => "NoSuchRecord".into(),
            Self::NotPutAside(_) => "NotPutAside".into(),
            Self::DecoderLost => "DecoderLost".into(),
        }
    }

    /// What was handed on of the object may not be what is in it.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Stopped | Self::Down(_) | Self::NoSuchRecord(_) | Self::NotPutAside(_) => false,
            Self::Store(error) => {
                matches!(error.kind, PortErrorKind::Fatal | PortErrorKind::Changed)
            }
            Self::Decode(_) | Self::NotTheSame | Self::DecoderLost => true,
        }
    }
}

impl From<Refusal> for Cut {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Error(error) => Self::Store(error),
            Refusal::Down(of) => Self::Down(of),
        }
    }
}

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stopped => f.write_str("no longer wanted"),
            Self::Down(of) => write!(f, "the {of} is down"),
            Self::Store(error) => write!(f, "{error}"),
            // The text may be that of somebody else's decoder, with bytes of the object in it.
            Self::Decode(error) => Shown(error).fmt(f),
            Self::NotTheSame => f.write_str(
                "its bytes or its records are not those that an earlier delivery settled; all of \
                 it will be done again",
            ),
            Self::NoSuchRecord(missing) => {
                write!(f, "{missing} of the records that are to be done once more are not in it")
            }
            Self::NotPutAside(why) => {
                write!(f, "its failed records could not be put aside: {}", Shown(why))
            }
            Self::DecoderLost => {
                f.write_str("the decoder panicked; unless it is your own, please report this")
            }
        }
    }
}
