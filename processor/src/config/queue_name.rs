/// One queue has several URLs; account and name stand at the end of each.
pub(crate) fn queue_name(url: &str) -> String {
    let mut parts = url.trim().trim_end_matches('/').rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{account}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_the_same_by_each_of_its_urls() {
        for url in [
            "https://sqs.eu-west-1.amazonaws.com/123456789012/orders",
            "https://eu-west-1.queue.amazonaws.com/123456789012/orders",
            "http://127.0.0.1:4566/123456789012/orders/",
        ] {
            assert_eq!(queue_name(url), "123456789012/orders", "{url}");
        }
    }
}
