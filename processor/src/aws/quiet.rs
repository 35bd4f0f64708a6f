use aws_credential_types::{
    Credentials,
    provider::{
        ProvideCredentials, Result, SharedCredentialsProvider,
        future::ProvideCredentials as Provided,
    },
};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

/// Provides what another one does. While that one fails, the SDK's own lines about it are written
/// with the first try only: an outage would repeat them for as long as it lasts, and is told by
/// lines of ours.
#[derive(Debug)]
pub(super) struct Quiet {
    provider: SharedCredentialsProvider,
    /// The last try brought nothing, or has not ended: it may have been given up.
    has_failed: AtomicBool,
}

impl Quiet {
    pub(super) fn of(provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
        let has_failed = AtomicBool::new(false);
        SharedCredentialsProvider::new(Self { provider, has_failed })
    }

    async fn provide(&self) -> Result {
        let again = self.has_failed.swap(true, Relaxed);
        let provided = self.provider.provide_credentials();
        let provided = match again {
            false => provided.await,
            true => provided.with_subscriber(NoSubscriber::default()).await,
        };
        self.has_failed.store(provided.is_err(), Relaxed);
        provided
    }
}

impl ProvideCredentials for Quiet {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.provide())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::provider::error::CredentialsError;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };
    use tracing::{Event, Id, Metadata, Subscriber, span, subscriber::set_default, warn};

    /// Warns and fails, but for one try.
    #[derive(Debug)]
    struct Warns(AtomicU32);

    impl ProvideCredentials for Warns {
        fn provide_credentials<'a>(&'a self) -> Provided<'a>
        where
            Self: 'a,
        {
            Provided::new(async {
                if self.0.fetch_add(1, Ordering::Relaxed) == 4 {
                    return Ok(Credentials::for_tests());
                }
                warn!("failed to load credentials");
                Err(CredentialsError::not_loaded_no_source())
            })
        }
    }

    struct Count(Arc<AtomicU32>);

    impl Subscriber for Count {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[tokio::test]
    async fn trap_80_what_the_sdk_says_of_missing_credentials_is_said_once() {
        let lines = Arc::<AtomicU32>::default();
        let _guard = set_default(Count(Arc::clone(&lines)));
        let quiet = Quiet::of(SharedCredentialsProvider::new(Warns(AtomicU32::new(0))));
        let mut seen = Vec::new();
        for _ in 0..7 {
            let is_ok = quiet.provide_credentials().await.is_ok();
            seen.push((is_ok, lines.load(Ordering::Relaxed)));
        }
        let (failed, then) = ([(false, 1); 4], [(true, 1), (false, 2), (false, 2)]);
        assert_eq!(seen, [&failed[..], &then].concat(), "and once more after a success");
    }
}
