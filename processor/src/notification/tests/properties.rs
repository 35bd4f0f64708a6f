//! What holds for any key and any text.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use fuzz::check_any;

/// Encodes a key as S3 does: letters, digits and `*-._/` stay, a space is a `+`, all else is a
/// percent sign and two digits.
fn form_encode(key: &str) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        match byte {
            b' ' => encoded.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'/' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn any_key() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(any::<char>(), 1..64).prop_map(String::from_iter),
        "[ +%/=a-f0-9]{1,64}",
    ]
}

/// A body of a fixture with bytes replaced, removed and inserted.
fn mutated() -> impl Strategy<Value = String> {
    let bodies = fixtures::all_bodies();
    let edit = (any::<prop::sample::Index>(), 0..3, any::<u8>());
    (prop::sample::select(bodies), prop::collection::vec(edit, 1..8)).prop_map(|(body, edits)| {
        let mut bytes = body.into_bytes();
        for (at, action, byte) in edits {
            let at = at.index(bytes.len());
            match action {
                0 => bytes[at] = byte,
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #[test]
    fn a_key_comes_back_as_it_was(key in any_key()) {
        let body = announcing(&form_encode(&key)).to_string();
        prop_assert_eq!(keys(&body), [key.clone()]);
        prop_assert_eq!(keys(&in_sns(&body)), [key]);
    }

    #[test]
    fn an_event_bridge_key_comes_back_as_it_was(key in any_key()) {
        let mut body: serde_json::Value =
            serde_json::from_str(fixtures::text("aws-eventbridge-object-created"))
                .expect("a fixture");
        body["detail"]["object"]["key"] = json!(key);
        prop_assert_eq!(keys(&body.to_string()), [key]);
    }

    #[test]
    fn lists_come_out_whole_and_in_order(listed in prop::collection::vec(any_key(), 0..20)) {
        let entry = |key: &String| announcing(&form_encode(key))["Records"][0].clone();
        let entries: Vec<_> = listed.iter().map(entry).collect();
        let body = json!({ "Records": entries }).to_string();
        prop_assert_eq!(keys(&body), listed);
    }

    #[test]
    fn any_text_is_parsed_or_refused(body in any::<String>()) {
        check_any(&body);
    }

    #[test]
    fn mutated_bodies_are_parsed_or_refused(body in mutated()) {
        check_any(&body);
    }
}
