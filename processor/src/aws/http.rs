//! HTTP clients other than the SDK's own.

use aws_sdk_sqs::config::SharedHttpClient;
use aws_smithy_http_client::{
    Builder, Connector, ConnectorBuilder,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use std::panic::catch_unwind;

/// What sets a client apart from the SDK's own.
#[derive(Default)]
pub(super) struct Needs {
    /// Its endpoint is on this machine: no `HTTP_PROXY` may get in the way.
    pub(super) is_local: bool,
    /// Certificates to trust beside those of the system, as PEM.
    pub(super) pem: Option<Vec<u8>>,
}

impl Needs {
    /// A client that has them. `None`: the certificates are none.
    pub(super) fn client(self) -> Option<SharedHttpClient> {
        let mut roots = TrustStore::default();
        if let Some(pem) = self.pem {
            if !pem.windows(BEGIN.len()).any(|text| text == BEGIN) {
                return None;
            }
            roots.add_pem_certificate(pem);
        }
        let tls = TlsContext::builder().with_trust_store(roots).build().ok()?;
        let proxy = if self.is_local { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
        let connector = move |builder: ConnectorBuilder| {
            let builder = builder.proxy_config(proxy.clone());
            builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(tls.clone())
        };
        // Certificates that cannot be read make it panic.
        catch_unwind(|| drop(connector(Connector::builder()).build())).ok()?;
        Some(Builder::new().build_with_connector_fn(move |settings, components| {
            let mut builder = Connector::builder();
            if let Some(settings) = settings {
                builder.set_connector_settings(Some(settings.clone()));
            }
            if let Some(components) = components {
                builder.set_sleep_impl(components.sleep_impl());
            }
            connector(builder).build()
        }))
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_84_what_is_no_certificate_is_refused_before_it_is_used() {
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in ["", "text", "-----BEGIN CERTIFICATE-----\n", broken] {
            let needs = Needs { pem: Some(pem.into()), ..Needs::default() };
            assert!(needs.client().is_none(), "{pem}");
        }
        assert!(Needs { is_local: true, pem: None }.client().is_some());
    }
}
