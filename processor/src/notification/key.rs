//! Keys as S3 writes them into its notifications: `application/x-www-form-urlencoded`.

use super::error::NotificationError;

/// Decodes a key, once: `+` is a space, `%XX` a byte, the bytes are UTF-8.
///
/// Strict, because a key that is decoded wrongly names another object, or none.
pub(super) fn decode(encoded: &str) -> Result<String, NotificationError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = (rest.next().and_then(hex), rest.next().and_then(hex));
                let (Some(high), Some(low)) = digits else {
                    return Err(NotificationError::key(
                        encoded,
                        "has a percent sign without two hexadecimal digits",
                    ));
                };
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(bytes)
        .map_err(|_| NotificationError::key(encoded, "does not decode to UTF-8"))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_once() {
        for (encoded, key) in [
            ("red+flower.jpg", "red flower.jpg"),
            ("a%2Bb", "a+b"),
            ("%2541", "%41"),
            ("%252B", "%2B"),
            ("sp%20ace", "sp ace"),
            ("%c3%A9", "é"),
            ("é/日", "é/日"),
            ("a/b//", "a/b//"),
        ] {
            assert_eq!(decode(encoded).expect(encoded), key);
        }
    }

    #[test]
    fn refuses_what_is_not_an_encoding() {
        for encoded in ["%", "a%4", "%zz", "%+1", "%C3", "%ff", "%é", "%%20"] {
            decode(encoded).expect_err(encoded);
        }
    }
}
