//! Keys as people write them.

use crate::harness::{Setup, Sink, entry, notification};
use serde_json::json;

const KEYS: [&str; 12] = [
    "plain/a.json",
    "with space/and more.json",
    "a+plus/++.json",
    "100%/50%25 percent%20.json",
    "%2B%2F literal escapes.json",
    "Grüße/naïve café.json",
    "日本語/ключ/🦀.json",
    "quotes'\"and<angles>&more.json",
    "a=b&c=d?e=f#g;h:i@j,k$l!m*n(o)p.json",
    "dots/./in/..here/...json",
    "tilde~_-underscore.json",
    "trailing space ",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_01_keys_with_spaces_plus_percent_and_non_ascii_letters() {
    let world = Setup::new("keys").make().await;
    for (index, key) in KEYS.iter().enumerate() {
        world.put(key, format!(r#"{{"key":{index}}}"#)).await;
    }
    let sink = Sink::new();
    let stats = world.consume(&sink).finish(KEYS.len() as u64).await;

    let mut seen: Vec<_> = sink.seen().into_iter().map(|seen| (seen.key, seen.payload)).collect();
    seen.sort_unstable();
    let payload = |(index, key): (usize, &&str)| (key.to_string(), format!(r#"{{"key":{index}}}"#));
    let mut expected: Vec<_> = KEYS.iter().enumerate().map(payload).collect();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    assert_eq!(stats.messages.received, KEYS.len() as u64);
    world.assert_all_gone().await;
}

/// The emulators differ from AWS here, so the notification is the one AWS would send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trap_01_a_space_that_came_as_a_plus_sign() {
    let world =
        Setup::new("plus").queues(["own"]).with(|provision| provision.prefix("none/")).make().await;
    let key = "with space/1+1=2 100%.json";
    world.put(key, r#"{"a":1}"#).await;
    let mut as_sent = entry(&world.bucket, "");
    as_sent["s3"]["object"]["key"] = json!("with+space/1%2B1%3D2+100%25.json");
    world.send(&notification([as_sent])).await;

    let sink = Sink::new();
    let stats = world.consume(&sink).finish(1).await;
    assert_eq!(sink.seen().iter().map(|seen| &*seen.key).collect::<Vec<_>>(), [key]);
    assert_eq!(stats.messages.received, 1);
}
