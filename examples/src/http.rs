//! `--http`: what goes on, for people, probes and Prometheus.

use crate::error::Error;
use axum::{
    Json, Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::Html,
    routing::get,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use s3_sqs_processor::{Handle, STATUS_PAGE};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The bounds of what is counted together in histograms of seconds: from a quick call to the 12
/// hours that a message can be held.
const SECONDS: [f64; 14] =
    [0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 43_200.0];
/// The same for histograms of how many.
const COUNTS: [f64; 9] = [1.0, 2.0, 3.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0];

/// A server that listens, and the recorder behind its metrics.
pub(crate) struct Http {
    listener: TcpListener,
    metrics: PrometheusHandle,
}

impl Http {
    /// Listens. To be called before the pipeline is built, which then knows the recorder.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub(crate) async fn listen(address: SocketAddr) -> Result<Self, Error> {
        let failed = || Error::new(format!("cannot listen on {address} (--http)"));
        let listener = TcpListener::bind(address).await.map_err(|error| failed().because(error))?;
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let metrics = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, &SECONDS)
            .and_then(|builder| builder.set_buckets(&COUNTS))
            .map_err(|error| failed().because(error))?
            .install_recorder()
            .map_err(|error| failed().because(error))?;
        let bound = listener.local_addr().map_err(|error| failed().because(error))?;
        tracing::info!("http://{bound}/ shows what goes on");
        Ok(Self { listener, metrics })
    }

    /// Answers until the program ends.
    pub(crate) fn serve(self, handle: Handle) {
        let Self { listener, metrics } = self;
        let (live, ready) = (handle.clone(), handle.clone());
        let router = Router::new()
            .route("/", get(|| async { Html(STATUS_PAGE) }))
            .route("/status.json", get(async move || Json(handle.status())))
            .route("/livez", get(async move || probe(live.is_live(), &live)))
            .route("/readyz", get(async move || probe(ready.is_ready(), &ready)))
            .route(
                "/metrics",
                get(async move || {
                    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())
                }),
            );
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the server of --http ended");
            }
        });
    }
}

/// A probe reads the code, a person the text.
fn probe(is_so: bool, handle: &Handle) -> (StatusCode, String) {
    let code = if is_so { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut text = format!("{:?}\n", handle.state()).to_lowercase();
    for outage in handle.outages() {
        text += &format!("{} is down: {}\n", outage.of, outage.class);
    }
    (code, text)
}
