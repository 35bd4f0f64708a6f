use super::OutageClass;

/// A failure that may pass.
pub(crate) struct Failed<'a> {
    pub(crate) class: OutageClass,
    /// The object's name in full, or the queue's URL.
    pub(crate) example: &'a str,
    pub(crate) error: &'a str,
}
