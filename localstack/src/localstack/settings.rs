//! LocalStack's settings.

use std::collections::BTreeMap;

/// The services that are started; the same list is in `compose.yaml`.
const SERVICES: &str = "s3,sns,sqs,firehose,sts,iam,events";

/// What both ways of running it have in common. `listen` is where the server binds, `public` what
/// its URLs say.
pub(crate) fn server(listen: &str, public: &str) -> BTreeMap<String, String> {
    [
        ("SERVICES", SERVICES),
        ("EAGER_SERVICE_LOADING", "1"),
        // No certificate download, no usage reports, no name server on port 53: nothing leaves the
        // machine.
        ("SKIP_SSL_CERT_DOWNLOAD", "1"),
        ("DISABLE_EVENTS", "1"),
        ("DNS_ADDRESS", "0"),
        ("GATEWAY_LISTEN", listen),
        // The other server binds every interface, whatever GATEWAY_LISTEN says.
        ("GATEWAY_SERVER", "hypercorn"),
        ("LOCALSTACK_HOST", public),
        ("SQS_ENDPOINT_STRATEGY", "path"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
