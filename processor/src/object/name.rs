use crate::{notification::NotifiedObject, port::GetObject, record::Shown};
use std::{fmt, sync::Arc};

/// Which object is read, for which message.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) message_id: Arc<str>,
    pub(super) notified: Arc<NotifiedObject>,
}

impl Name {
    pub(super) fn get<'a>(&'a self, from: u64, if_match: Option<&'a str>) -> GetObject<'a> {
        let NotifiedObject { bucket, key, version_id, region, .. } = &*self.notified;
        let (version_id, region) = (version_id.as_deref(), region.as_deref());
        GetObject { bucket, key, version_id, region, from, if_match }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", Shown(&self.notified.bucket), Shown(&self.notified.key))
    }
}
