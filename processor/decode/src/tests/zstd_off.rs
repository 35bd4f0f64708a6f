//! Without the feature `zstd`.

use super::{AMPLE, Arrival, decode_as};
use crate::{Block, DecodeErrorKind, Decoding, ObjectInfo, lines};

#[test]
fn a_zstd_object_fails_by_name() {
    for object in [&b"\x28\xb5\x2f\xfd\x20\x02\x11\0\0a\n"[..], b"\x5c\x2a\x4d\x18\0\0\0\0"] {
        for size in 1..4 {
            let end = decode_as(&lines(), AMPLE, object, &Arrival::in_chunks_of(size)).end;
            assert_eq!(end, Err((DecodeErrorKind::Unsupported, 0)));
        }
        let mut decoding = Decoding::new(&lines(), &ObjectInfo::new("", ""), AMPLE);
        let mut block = Block::with_capacity(64);
        let mut input = object;
        let error = loop {
            match decoding.step(&mut input, true, &mut block) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(
            error.to_string(),
            "object is compressed in a way that is not compiled in (zstd), at stored byte 0; \
             switch on the feature zstd"
        );
    }
}
