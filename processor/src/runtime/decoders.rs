use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};
use tokio::sync::oneshot;

type Step = Box<dyn FnOnce() + Send>;

/// The pipeline's own threads for decoding.
///
/// Decoding neither sits on the runtime's workers (it would hold up the processors) nor on its blocking pool (whose
/// threads processors may need, so that both would wait for each other). A step never waits for anything.
#[derive(Clone)]
pub(crate) struct Decoders {
    steps: Option<Sender<Step>>,
}

impl Decoders {
    /// So many threads; they end when the last clone is dropped.
    pub(super) fn start(threads: usize) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for n in 0..threads.max(1) {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("s3-sqs-decode-{n}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { steps: Some(sender) })
    }

    /// Steps run where they are asked for.
    pub(super) fn inline() -> Self {
        Self { steps: None }
    }

    /// Runs one step here.
    pub(super) fn run_inline<T>(step: impl FnOnce() -> T) -> T {
        step()
    }

    /// Runs one step on a decoder thread; `None` if the threads are gone (a step panicked on the last of them).
    pub(super) async fn run<T: Send + 'static>(&self, step: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let Some(steps) = &self.steps else { return Some(step()) };
        let (sender, receiver) = oneshot::channel();
        steps.send(Box::new(move || drop(sender.send(step())))).ok()?;
        receiver.await.ok()
    }
}

fn work(receiver: &Mutex<Receiver<Step>>) {
    loop {
        let step = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(step) = step else { return };
        // A panic loses its own object (the waiting side sees the answer's sender dropped), not the thread.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step));
    }
}

impl fmt::Debug for Decoders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoders").field("threads", &self.steps.is_some()).finish()
    }
}
