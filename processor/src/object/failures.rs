use crate::{quarantine::MOST_RECORDS, record::Record, runtime::Failure};

/// One failure of a record that may be put aside.
#[derive(Debug)]
pub(super) struct FailedRecord {
    pub(super) processor: usize,
    pub(super) index: u64,
    pub(super) offset: u64,
    pub(super) error: String,
}

/// What failed of an object, as long as all of it may be put aside: all or nothing.
#[derive(Debug)]
pub(super) struct Failures {
    /// One more receive or none is left: what fails now may fail by anything.
    is_late: bool,
    all: Option<Vec<FailedRecord>>,
}

impl Failures {
    pub(super) fn new(is_late: bool) -> Self {
        Self { is_late, all: Some(Vec::new()) }
    }

    pub(super) fn add(&mut self, processor: usize, record: Record<'_>, failure: &Failure) {
        let may_be = match failure {
            // Nobody has read it, so that there is nothing to put aside.
            Failure::Refused(_) => false,
            Failure::Error(error) => self.is_late || error.is_reject(),
            Failure::Panic(_) | Failure::TimedOut(_) | Failure::Dropped => self.is_late,
        };
        let Some(all) = self.all.as_mut().filter(|all| may_be && all.len() < MOST_RECORDS) else {
            self.all = None;
            return;
        };
        let (index, offset, error) = (record.index(), record.offset(), failure.text());
        all.push(FailedRecord { processor, index, offset, error });
    }

    /// All that failed, if anything did and all of it may be put aside.
    pub(super) fn into_all(self) -> Option<Vec<FailedRecord>> {
        self.all.filter(|all| !all.is_empty())
    }
}
