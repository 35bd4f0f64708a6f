use super::row::Row;
use crate::error::Error;

/// What writes a batch. It may block.
pub(super) trait Store: Send + 'static {
    /// Writes all of the rows or none; when it returns they outlast a crash.
    fn write(&mut self, rows: &[Row<'_>]) -> Result<(), Error>;
}
