//! HTTP clients other than the SDK's own.

use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use std::panic::catch_unwind;

const TLS: Provider = Provider::Rustls(CryptoMode::AwsLc);

/// For an endpoint on this machine: one that no `HTTP_PROXY` gets in the way of.
pub(super) fn local() -> SharedHttpClient {
    Builder::new().tls_provider(TLS).build_https()
}

/// One that trusts these certificates too (PEM), and asks the proxy of the environment as the SDK's
/// own does. `None`: they are none.
pub(super) fn trusting(pem: Vec<u8>) -> Option<SharedHttpClient> {
    if !pem.windows(27).any(|text| text == b"-----BEGIN CERTIFICATE-----") {
        return None;
    }
    let roots = TrustStore::default().with_pem_certificate(pem);
    let tls = TlsContext::builder().with_trust_store(roots).build().ok()?;
    // Certificates that cannot be read make it panic.
    catch_unwind(|| drop(Connector::builder().tls_provider(TLS).tls_context(tls.clone()).build()))
        .ok()?;
    Some(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        if let Some(settings) = settings {
            builder.set_connector_settings(Some(settings.clone()));
        }
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.tls_provider(TLS).tls_context(tls.clone()).build()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_84_what_is_no_certificate_is_refused_before_it_is_used() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "text", "-----BEGIN CERTIFICATE-----\n", broken] {
            assert!(trusting(pem.into()).is_none(), "{pem}");
        }
    }
}
