use std::time::Duration;

/// Work that has become pointless is told so, and has this long to end by itself. Then it is
/// dropped: one future that never ends must not keep a message's slot, its bytes and its permit.
/// (A batch that another object still wants goes on, and keeps the bytes it was lent.)
pub(crate) const GRACE: Duration = Duration::from_secs(30);
