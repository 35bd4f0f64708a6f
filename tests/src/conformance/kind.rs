use local_aws::BackendKind;
use std::fmt;

/// What the suite can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are described where they are")]
pub enum Kind {
    Embedded,
    /// The ports in memory of the library's `testing`: a queue and a store, nothing else.
    Memory,
    LocalStack,
    MiniStack,
}

impl Kind {
    /// All of them, in the order of the table.
    pub const ALL: [Kind; 4] = [Kind::Embedded, Kind::Memory, Kind::LocalStack, Kind::MiniStack];

    /// The kind of a server.
    pub fn of(backend: BackendKind) -> Kind {
        match backend {
            BackendKind::Embedded => Kind::Embedded,
            BackendKind::LocalStack => Kind::LocalStack,
            BackendKind::MiniStack => Kind::MiniStack,
            other => panic!("the suite knows nothing of {other}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Embedded => "embedded",
            Kind::Memory => "in memory",
            Kind::LocalStack => "LocalStack",
            Kind::MiniStack => "ministack",
        })
    }
}
