//! What befalls all connections at once.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Weather {
    /// Each connection has the faults of its plan.
    Faulty,
    /// And no connection can be had at all.
    Refused,
    /// And nothing moves.
    Silent,
    /// No faults.
    Calm,
}
