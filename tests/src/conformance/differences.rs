//! Where one of the four is known not to do what AWS documents.

mod embedded;
mod entry;
mod localstack;
mod ministack;

use super::Kind;
use entry::Entry;

/// A known difference from AWS.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// Of whom.
    pub kind: Kind,
    /// The name of the case.
    pub case: &'static str,
    /// What is seen there instead.
    pub does: &'static str,
    /// Why.
    pub why: &'static str,
}

/// All that are known. The ports in memory have none.
pub fn differences() -> impl Iterator<Item = Difference> {
    let of = |kind| move |&(case, does, why): &Entry| Difference { kind, case, does, why };
    let embedded = embedded::DIFFERENCES.iter().map(of(Kind::Embedded));
    let localstack = localstack::DIFFERENCES.iter().map(of(Kind::LocalStack));
    embedded.chain(localstack).chain(ministack::DIFFERENCES.iter().map(of(Kind::MiniStack)))
}
