use crate::{notification::NotifiedObject, port::GetObject, record::Shown};
use std::{fmt, sync::Arc};

/// Which object is read.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) Arc<NotifiedObject>);

impl Name {
    pub(super) fn get<'a>(&'a self, from: u64, if_match: Option<&'a str>) -> GetObject<'a> {
        let NotifiedObject { bucket, key, version_id, .. } = &*self.0;
        GetObject { bucket, key, version_id: version_id.as_deref(), from, if_match }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", Shown(&self.0.bucket), Shown(&self.0.key))
    }
}
