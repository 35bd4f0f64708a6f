/// What a filter policy looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FilterScope {
    /// The published message: S3's event, as JSON. What S3 publishes can only be told apart by
    /// this.
    MessageBody,
    /// The attributes of the published message. S3 publishes none.
    MessageAttributes,
}
