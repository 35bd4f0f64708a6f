//! The gate that every S3 request passes once its operation is known: counts, and faults before the
//! effect.

use std::str::FromStr;
use std::sync::{Arc, Mutex};

use hyper::StatusCode;
use s3s::access::{S3Access, S3AccessContext};
use s3s::path::S3Path;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::embedded::fault::Fault;
use crate::embedded::{Shared, lock};

/// The faults of one S3 request: filled where its operation is known, applied where its answer is.
#[derive(Clone, Default)]
pub(crate) struct FaultSlot(pub(crate) Arc<Mutex<Vec<Fault>>>);

/// Marks an S3 request that may come unsigned.
#[derive(Clone)]
pub(crate) struct SignatureWaived;

pub(super) struct Gate {
    pub(super) shared: Arc<Shared>,
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let waived = cx.extensions_mut().get::<SignatureWaived>().is_some();
        let operation = cx.s3_op().name();
        self.shared.stats.count(operation);
        if cx.credentials().is_none() && !waived {
            return Err(s3_error!(AccessDenied, "Signature is required"));
        }
        let faults = self.shared.faults.strike(operation, || match cx.s3_path() {
            S3Path::Root => String::new(),
            S3Path::Bucket { bucket } => bucket.to_string(),
            S3Path::Object { bucket, key } => format!("{bucket}/{key}"),
        });
        if faults.is_empty() {
            return Ok(());
        }
        let refused = Fault::before(&faults).await;
        if let Some(slot) = cx.extensions_mut().get::<FaultSlot>() {
            *lock(&slot.0) = faults;
        }
        refused.map_or(Ok(()), |(status, code)| Err(injected(status, &code)))
    }
}

fn injected(status: u16, code: &str) -> S3Error {
    let code = S3ErrorCode::from_str(code).unwrap_or(S3ErrorCode::InternalError);
    let mut error = S3Error::with_message(code, "injected by a fault plan");
    error
        .set_status_code(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    error
}
