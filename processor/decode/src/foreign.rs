//! What is no text, known by its first bytes.
//!
//! A text framing would cut it into pieces and hand them on as records, and the object would be
//! done: its data lost without a word.

/// So many of the first bytes decide.
pub(crate) const LOOK: usize = 264;

/// By what an object is known, at which offset, and whether only if it is binary: a text may begin
/// with the same letters.
const SIGNS: [(&str, usize, &[u8], bool); 24] = [
    ("gzip", 0, b"\x1f\x8b\x08", false),
    ("zstd", 0, b"\x28\xb5\x2f\xfd", false),
    ("zstd", 0, b"\x50\x2a\x4d\x18", false),
    ("bzip2", 0, b"BZh", true),
    ("xz", 0, b"\xfd7zXZ\0", false),
    ("lzip", 0, b"LZIP\x01", false),
    ("lz4", 0, b"\x04\x22\x4d\x18", false),
    ("Snappy", 0, b"\xff\x06\0\0sNaPpY", false),
    ("compress", 0, b"\x1f\x9d", false),
    ("a ZIP archive", 0, b"PK\x03\x04", false),
    ("an empty ZIP archive", 0, b"PK\x05\x06", false),
    ("a 7-Zip archive", 0, b"7z\xbc\xaf\x27\x1c", false),
    ("a RAR archive", 0, b"Rar!\x1a\x07", false),
    ("a tar archive", 257, b"ustar", true),
    ("Parquet", 0, b"PAR1", true),
    ("encrypted Parquet", 0, b"PARE", true),
    ("Avro", 0, b"Obj\x01", false),
    ("ORC", 0, b"ORC", true),
    ("a Hadoop sequence file", 0, b"SEQ\x06", false),
    ("Arrow", 0, b"ARROW1\0", false),
    // Before UTF-16: its mark begins with the same bytes.
    ("UTF-32", 0, b"\xff\xfe\0\0", false),
    ("UTF-32", 0, b"\0\0\xfe\xff", false),
    ("UTF-16", 0, b"\xff\xfe", false),
    ("UTF-16", 0, b"\xfe\xff", false),
];

/// What an object that begins so is, if that is known and no text.
pub(crate) fn known(front: &[u8]) -> Option<&'static str> {
    let is = |at: usize, sign: &[u8]| front.get(at..).is_some_and(|rest| rest.starts_with(sign));
    let mut fitting = SIGNS.iter().filter(|(_, at, sign, _)| is(*at, sign));
    fitting.find(|(.., if_binary)| !if_binary || is_binary(front)).map(|(name, ..)| *name)
}

/// Whether there are bytes that no text has.
fn is_binary(front: &[u8]) -> bool {
    front.iter().take(LOOK).any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_62_what_is_no_text_is_known_by_name() {
        for (name, at, sign, _) in SIGNS {
            assert!(at + sign.len() <= LOOK);
            let mut object = vec![b'a'; at];
            object.extend_from_slice(sign);
            object.extend_from_slice(b"\x15\0\x04 and so on");
            assert_eq!(known(&object), Some(name), "{sign:?}");
            assert_ne!(known(&object[..at + sign.len() - 1]), Some(name), "{sign:?}");
        }
    }

    #[test]
    fn a_text_may_begin_with_the_same_letters() {
        for text in [&b"ORC,elf\n1,2\n"[..], b"PAR1 is a parameter\r\n", b"BZh\t1\n", b"", b"{}"] {
            assert_eq!(known(text), None, "{text:?}");
        }
    }
}
