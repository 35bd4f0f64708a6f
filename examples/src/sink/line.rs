//! One record as one line of JSON.

use super::row::Row;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Serialize, de::IgnoredAny};

/// The fields in the order in which they are written; the payload is one of two more.
#[derive(Serialize)]
struct Head<'a> {
    id: String,
    bucket: &'a str,
    key: &'a str,
    version_id: Option<&'a str>,
    index: u64,
}

/// Appends the line, newline included.
///
/// The payload is `payload`: the JSON value as it was written where the record is JSON, else a
/// string; or `payload_base64` where it is not UTF-8.
pub(super) fn append(out: &mut Vec<u8>, row: &Row<'_>) {
    let head = Head {
        id: row.id.to_string(),
        bucket: row.bucket,
        key: row.key,
        version_id: row.version_id,
        index: row.index,
    };
    write(out, &head);
    // The head's closing brace makes room for one field more.
    out.pop();
    match std::str::from_utf8(row.payload) {
        Ok(text) => {
            out.extend_from_slice(b",\"payload\":");
            if serde_json::from_str::<IgnoredAny>(text).is_ok() {
                // Newlines in valid JSON are never inside a string, so they can be spaces.
                out.extend(
                    row.payload
                        .iter()
                        .map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }),
                );
            } else {
                write(out, text);
            }
        }
        Err(_) => {
            out.extend_from_slice(b",\"payload_base64\":");
            write(out, &STANDARD.encode(row.payload));
        }
    }
    out.extend_from_slice(b"}\n");
}

fn write(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("writing text to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(payload: &[u8]) -> Value {
        let mut out = Vec::new();
        append(&mut out, &Row::example(3, payload));
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_line_names_the_record() {
        let line = line(b"{}");
        assert_eq!(line["id"].as_str().map(str::len), Some(32));
        assert_eq!(
            (&line["bucket"], &line["key"]),
            (&json!("bucket"), &json!("2026/11/20/12/orders 1"))
        );
        assert_eq!((&line["version_id"], &line["index"]), (&Value::Null, &json!(3)));
    }

    #[test]
    fn json_stays_the_value_it_is() {
        assert_eq!(
            line(b"{\r\n \"a\" : [1,\n\"x\\ny\"]\n}")["payload"],
            json!({ "a": [1, "x\ny"] })
        );
        assert_eq!(line(b"17")["payload"], json!(17));
        let mut out = Vec::new();
        append(&mut out, &Row::example(0, b"{\"n\":123456789012345678901234567890.10}"));
        assert!(
            String::from_utf8(out)
                .unwrap()
                .contains("\"payload\":{\"n\":123456789012345678901234567890.10}}")
        );
    }

    #[test]
    fn other_text_is_a_string_and_other_bytes_are_base64() {
        assert_eq!(line("plain \"text\"\nü".as_bytes())["payload"], json!("plain \"text\"\nü"));
        assert_eq!(line(b"{\"a\":}")["payload"], json!("{\"a\":}"));
        assert_eq!(line(b"")["payload"], json!(""));
        let bytes = line(b"{\"a\":\"\xff\"}");
        assert_eq!(
            (bytes.get("payload"), &bytes["payload_base64"]),
            (None, &json!("eyJhIjoi/yJ9"))
        );
    }
}
