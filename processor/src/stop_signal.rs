/// Completes when the process is asked to stop: by SIGTERM (what an orchestrator sends) or SIGINT
/// (Ctrl-C); on Windows by Ctrl-C. Made for [`Pipeline::run_until`](crate::Pipeline::run_until).
///
/// Where signals cannot be heard it never completes, and the log says why. From the first call on
/// these signals no longer end the process by themselves.
///
/// ```no_run
/// # use s3_sqs_processor::{Pipeline, RunError};
/// # async fn example(pipeline: Pipeline) -> Result<(), RunError> {
/// let stats = pipeline.run_until(s3_sqs_processor::stop_signal()).await?;
/// # Ok(())
/// # }
/// ```
pub async fn stop_signal() {
    if let Err(error) = asked().await {
        tracing::error!(%error, "signals cannot be heard: stop the pipeline by its handle");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn asked() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = term.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn asked() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
