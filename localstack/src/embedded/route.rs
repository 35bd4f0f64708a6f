//! Which service a request is for, and the faults that befall it there.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RANGE};
use hyper::{Method, Request, Response, StatusCode};
use s3s::dto::Range;
use s3s::service::S3Service;
use tokio::time::sleep;

use crate::embedded::answer::Answer;
use crate::embedded::body::{Break, Reply};
use crate::embedded::fault::Fault;
use crate::embedded::flush::Flushes;
use crate::embedded::{Shared, lock, query, s3, sns, sqs, sts};

/// Requests to SQS and SNS are below this size: ten messages of 1 MiB together, escaped.
const MAX_BODY: usize = 16 << 20;
const SQS_TARGET: &str = "AmazonSQS.";

/// The request ends without an answer: by a fault plan, or because the client is gone.
#[derive(Debug)]
pub(crate) struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ended without an answer")
    }
}

impl std::error::Error for NoAnswer {}

pub(crate) struct Router {
    shared: Arc<Shared>,
    s3: S3Service,
}

impl Router {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let s3 = s3::service(Arc::clone(&shared));
        Self { shared, s3 }
    }

    /// Answers one request of the connection that `flushes` belongs to.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
        flushes: Arc<Flushes>,
    ) -> Result<Response<Reply>, NoAnswer> {
        let headers = request.headers();
        let target = headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok()?.strip_prefix(SQS_TARGET));
        let form = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
        let (response, faults) = if let Some(action) = target {
            let action = action.to_owned();
            let body = read(request).await?;
            let faults = self.enter(&action, &body);
            let struck = Arc::clone(&faults);
            Self::run(faults, async move { self.sqs(&action, &body, &struck).await }).await?
        } else if form && request.method() == Method::POST && request.uri().path() == "/" {
            let body = read(request).await?;
            let form = query::Form::parse(&body);
            let faults = self.enter(form.action(), &body);
            let struck = Arc::clone(&faults);
            Self::run(faults, async move { self.query(&form, &struck).await }).await?
        } else {
            self.s3(request).await?
        };
        after(response, &faults, &flushes).await
    }

    /// Runs a request of SQS or SNS. One with faults takes effect also when its client gives up on
    /// it meanwhile.
    async fn run<F>(
        faults: Arc<[Fault]>,
        request: F,
    ) -> Result<(Response<Reply>, Arc<[Fault]>), NoAnswer>
    where
        F: Future<Output = Response<Reply>> + Send + 'static,
    {
        if faults.is_empty() {
            return Ok((request.await, faults));
        }
        let response = tokio::spawn(request).await.map_err(|_| NoAnswer)?;
        Ok((response, faults))
    }

    async fn sqs(&self, action: &str, body: &[u8], faults: &[Fault]) -> Response<Reply> {
        let result = match Fault::before(faults).await {
            Some((status, code)) => Err(sqs::SqsError::injected(status, code)),
            None => sqs::handle(&self.shared, action, body, faults).await,
        };
        let answer = match result {
            Ok(body) => Answer::ok(body),
            Err(error) => error.into_answer(),
        };
        self.respond(answer, "application/x-amz-json-1.0")
    }

    async fn query(&self, form: &query::Form, faults: &[Fault]) -> Response<Reply> {
        let result = match Fault::before(faults).await {
            Some((status, code)) => {
                Err(query::QueryError::new(status, code, "injected by a fault plan"))
            }
            None if form.action() == sts::CALLER => Ok(sts::caller()),
            None => sns::handle(&self.shared, form, faults),
        };
        let id = self.shared.ids.uuid();
        let answer = match result {
            Ok(result) => Answer::ok(query::render(form.action(), &result, &id)),
            Err(error) => error.into_answer(&id),
        };
        self.respond(answer, "text/xml")
    }

    async fn s3(
        &self,
        request: Request<Incoming>,
    ) -> Result<(Response<Reply>, Arc<[Fault]>), NoAnswer> {
        let slot = s3::FaultSlot::default();
        let mut request = request.map(s3s::Body::from);
        let ranged = request.headers().get(RANGE);
        if ranged
            .is_some_and(|range| range.to_str().map_or(true, |range| Range::parse(range).is_err()))
        {
            // A range that is none, or several, is ignored; `s3s` would refuse the request. Without
            // it the signature, which covers it, is wrong.
            request.headers_mut().remove(RANGE);
            request.headers_mut().remove(AUTHORIZATION);
            request.extensions_mut().insert(s3::SignatureWaived);
        }
        request.extensions_mut().insert(slot.clone());
        let response = self.s3.call(request).await.map_err(|_| NoAnswer)?;
        let mut response = response.map(Reply::new);
        let id = format!("{:016X}", self.shared.ids.opaque());
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amz-request-id", id);
        }
        let faults = std::mem::take(&mut *lock(&slot.0));
        Ok((response, faults.into()))
    }

    fn enter(&self, action: &str, body: &Bytes) -> Arc<[Fault]> {
        self.shared.stats.count(action);
        self.shared.faults.strike(action, || String::from_utf8_lossy(body).into_owned()).into()
    }

    fn respond(&self, answer: Answer, kind: &'static str) -> Response<Reply> {
        let mut response = Response::new(Reply::new(s3s::Body::from(answer.body)));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Ok(id) = HeaderValue::from_str(&self.shared.ids.uuid()) {
            headers.insert("x-amzn-requestid", id);
        }
        if let Some(code) = answer.query_error
            && let Ok(code) = HeaderValue::from_str(&code)
        {
            headers.insert("x-amzn-query-error", code);
        }
        response
    }
}

async fn read(request: Request<Incoming>) -> Result<Bytes, NoAnswer> {
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    Ok(body.map_err(|_| NoAnswer)?.to_bytes())
}

/// The faults after the effect.
async fn after(
    mut response: Response<Reply>,
    faults: &[Fault],
    flushes: &Arc<Flushes>,
) -> Result<Response<Reply>, NoAnswer> {
    for fault in faults {
        match fault {
            Fault::DelayAnswer(delay) => sleep(*delay).await,
            Fault::LostAnswer => return Err(NoAnswer),
            Fault::CutBody { after } => {
                response.body_mut().break_after(*after, Break::Cut(Arc::clone(flushes)));
            }
            Fault::StallBody { after, pause } => {
                response.body_mut().break_after(*after, Break::Stall(*pause));
            }
            Fault::FlipBody { at } => response.body_mut().flip(*at),
            Fault::Status { .. }
            | Fault::Delay(_)
            | Fault::FailEntries { .. }
            | Fault::Duplicate => {}
        }
    }
    Ok(response)
}
