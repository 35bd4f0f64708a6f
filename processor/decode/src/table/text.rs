//! Text as a JSON string.

/// Which bytes of UTF-8 stand in a string as they are.
const AS_IT_IS: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = false;
        byte += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
};

/// Whether these bytes are text that stands in strings as it is, with this delimiter between them.
/// Without an early end, so that many bytes are looked at together.
#[cfg(feature = "csv")]
pub(super) fn is_plain(bytes: &[u8], delimiter: u8) -> bool {
    let (mut is_special, mut all) = (false, 0);
    for &byte in bytes {
        is_special |= (byte < 0x20) & (byte != delimiter) | (byte == b'"') | (byte == b'\\');
        all |= byte;
    }
    !is_special && (all < 0x80 || std::str::from_utf8(bytes).is_ok())
}

/// Writes the string, quotes included. The bytes are UTF-8.
pub(super) fn write_string(bytes: &[u8], row: &mut Vec<u8>) {
    row.push(b'"');
    write_escaped(bytes, row);
    row.push(b'"');
}

/// Writes what stands between the quotes.
pub(super) fn write_escaped(bytes: &[u8], row: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| !AS_IT_IS[usize::from(*byte)]) {
        row.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => row.extend_from_slice(&[b'\\', byte]),
            b'\n' => row.extend_from_slice(b"\\n"),
            b'\r' => row.extend_from_slice(b"\\r"),
            b'\t' => row.extend_from_slice(b"\\t"),
            byte => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let digits = [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
                row.extend_from_slice(b"\\u00");
                row.extend_from_slice(&digits);
            }
        }
        rest = &rest[at + 1..];
    }
    row.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::write_string;

    #[test]
    fn any_text_is_the_string_that_serde_json_reads() {
        let all: String = (0..0x300).filter_map(char::from_u32).chain(['日', '😀']).collect();
        for text in ["", "plain", "\"\\\u{0}\u{1f}\u{7f}", "a\nb\r\tc", &all] {
            let mut row = Vec::new();
            write_string(text.as_bytes(), &mut row);
            assert_eq!(serde_json::from_slice::<String>(&row).expect("it is JSON"), text);
        }
    }
}
