//! Who is told about each failed record: test harnesses; nobody in production.

#[cfg(any(test, feature = "test-util"))]
mod recording;

#[cfg(any(test, feature = "test-util"))]
pub use recording::FailedRecord;
#[cfg(any(test, feature = "test-util"))]
pub(crate) use recording::Observer;

#[cfg(not(any(test, feature = "test-util")))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Observer(());

#[cfg(not(any(test, feature = "test-util")))]
impl Observer {
    pub(crate) fn record_failed(
        &self,
        _: &str,
        _: crate::record::Record<'_>,
        _: &super::failure::Failure,
    ) {
    }
}
