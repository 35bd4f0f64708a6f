//! Without the feature `gzip`.

use super::{AMPLE, Arrival, decode_as, member};
use crate::{Block, DecodeErrorKind, Decoding, ObjectInfo, lines};

#[test]
fn a_gzip_object_fails_by_name() {
    let object = member(b"a\n");
    for size in 1..4 {
        let end = decode_as(&lines(), AMPLE, &object, &Arrival::in_chunks_of(size)).end;
        assert_eq!(end, Err((DecodeErrorKind::Unsupported, 0)));
    }
    let mut decoding = Decoding::new(&lines(), &ObjectInfo::new("", ""), AMPLE);
    let error = decoding.step(&mut &object[..], true, &mut Block::with_capacity(64));
    assert_eq!(
        error.expect_err("it is not compiled in").to_string(),
        "object is compressed in a way that is not compiled in (gzip), at stored byte 0; switch \
         on the feature gzip"
    );
}
