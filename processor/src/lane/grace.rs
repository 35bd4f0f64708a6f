use std::time::Duration;

/// Work that has become pointless is told so, and has this long to end by itself. Then it is
/// dropped: one future that never ends must not keep a message's slot, its bytes and its permit.
pub(crate) const GRACE: Duration = Duration::from_secs(30);
