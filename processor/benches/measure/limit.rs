//! LIMIT: the least that reading lines out of gzip can cost.

use flate2::bufread::MultiGzDecoder;
use std::io::{BufRead, Read};

/// Decodes all members with a buffer of 64 KiB and counts newlines; also says how many bytes came
/// out.
pub fn limit(gzip: impl BufRead) -> (usize, usize) {
    let mut decoder = MultiGzDecoder::new(gzip);
    let mut buffer = vec![0; 64 << 10];
    let (mut lines, mut bytes) = (0, 0);
    loop {
        match decoder.read(&mut buffer).unwrap() {
            0 => return (lines, bytes),
            read => {
                lines += memchr::memchr_iter(b'\n', &buffer[..read]).count();
                bytes += read;
            }
        }
    }
}
