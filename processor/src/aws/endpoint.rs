//! Which host requests go to, and in which region, as far as it shows without asking.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// The endpoint that a client of this service gets from a configuration: its own (by
/// `AWS_ENDPOINT_URL_S3`, say, or a profile's `services`), or that for all. `None`: AWS's.
///
/// It is what `From<&SdkConfig>` of each service's configuration does, which does not tell.
pub(super) fn of(config: &SdkConfig, service_id: &str) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    let key = ServiceConfigKey::builder()
        .service_id(service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    config.service_config().and_then(|own| own.load_config(key)).or_else(for_all)
}

/// Whether requests can be sent there: `http` or `https`, a host, perhaps a port and a path.
pub(super) fn is_valid(url: &str) -> bool {
    let Some(("http" | "https", rest)) = url.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "80"),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    port.parse::<u16>().is_ok()
        && !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte))
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

pub(super) fn is_loopback(url: &str) -> bool {
    let authority =
        url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The region that a queue's URL names: `https://sqs.REGION.amazonaws.com/..`, with `sqs-fips`, of
/// a VPC endpoint, of dual stack (`sqs.REGION.api.aws`), or the old `REGION.queue.amazonaws.com`.
pub(super) fn region_of_queue(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split(['/', ':']).next()?;
    let labels: Vec<_> = host.split('.').collect();
    let at = match labels.iter().position(|label| ["sqs", "sqs-fips"].contains(label)) {
        Some(sqs) => sqs + 1,
        None if labels.get(1) == Some(&"queue") => 0,
        None => return None,
    };
    labels.get(at).copied().filter(|region| is_region(region))
}

/// Whether it looks like `eu-west-1` or `us-gov-east-1`: nothing else may become part of a host.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
    text.len() <= 32
        && parts.len() >= 3
        && parts[..parts.len() - 1].iter().all(is_word)
        && parts.last().is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_on_this_machine_are_known() {
        for url in
            ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:80", "127.0.0.1"]
        {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://sqs.eu-west-1.amazonaws.com",
            "http://10.0.0.1:4566",
            "http://localhost.example",
            "",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[test]
    fn trap_82_what_is_no_endpoint_is_known_before_it_is_used() {
        for url in ["http://127.0.0.1:4566", "https://s3.example.com/path", "http://[::1]:80/"] {
            assert!(is_valid(url), "{url}");
        }
        for url in
            ["", "localhost:4566", "ftp://a", "http://", "http://a:b", "http://a b", "http:/a"]
        {
            assert!(!is_valid(url), "{url:?}");
        }
    }

    #[test]
    fn trap_81_a_queues_url_names_its_region() {
        for url in [
            "https://sqs.eu-west-1.amazonaws.com/123456789012/q",
            "https://sqs-fips.eu-west-1.amazonaws.com/123456789012/q",
            "https://eu-west-1.queue.amazonaws.com/123456789012/q",
            "https://sqs.eu-west-1.api.aws/123456789012/q",
            "https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com/123456789012/q",
            "http://sqs.eu-west-1.localhost.localstack.cloud:4566/000000000000/q",
        ] {
            assert_eq!(region_of_queue(url), Some("eu-west-1"), "{url}");
        }
        for url in [
            "http://127.0.0.1:4566/000000000000/q",
            "https://queue.amazonaws.com/123456789012/q",
            "https://sqs.example.com/q",
            "q",
        ] {
            assert_eq!(region_of_queue(url), None, "{url}");
        }
        assert!(is_region("us-gov-east-1") && is_region("ap-southeast-7"));
        for other in ["", "eu", "eu-west", "evil.example/", "eu-west-1/..", "EU-WEST-1", "-a-1"] {
            assert!(!is_region(other), "{other}");
        }
    }
}
