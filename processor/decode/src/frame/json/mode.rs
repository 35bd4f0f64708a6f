//! What the next byte is part of, and the values that are looked at byte by byte.

use super::{cursor::Cursor, stop::Stop};
use crate::{
    error::{DecodeErrorKind, Detail},
    frame::{BYTE_ORDER_MARK, Sink},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Between values.
    Between,
    /// In an object or array.
    Nested,
    /// In a string at the top level.
    Text { escaped: bool },
    /// In a number or literal at the top level.
    Scalar,
}

/// `Between` again: the bytes are used up, but for what may be the beginning of a byte order mark.
pub(super) fn between(bytes: &[u8], cursor: &mut Cursor) -> Result<Mode, Stop> {
    cursor.skip_white_space(bytes);
    while bytes[cursor.at..].starts_with(BYTE_ORDER_MARK) {
        cursor.at += BYTE_ORDER_MARK.len();
        cursor.skip_white_space(bytes);
    }
    let at = cursor.at;
    cursor.open = at;
    match bytes.get(at) {
        None => Ok(Mode::Between),
        Some(b'{' | b'[') => Ok(Mode::Nested),
        Some(b'"') => {
            cursor.at += 1;
            Ok(Mode::Text { escaped: false })
        }
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Ok(Mode::Scalar),
        Some(_) if BYTE_ORDER_MARK.starts_with(&bytes[at..]) => Ok(Mode::Between),
        Some(&byte) => cursor.fail(at, DecodeErrorKind::StrayByte, Detail::Byte(byte)),
    }
}

pub(super) fn text(
    bytes: &[u8],
    cursor: &mut Cursor,
    mut escaped: bool,
    sink: &mut Sink<'_>,
) -> Result<Mode, Stop> {
    while let Some(byte) = bytes.get(cursor.at) {
        cursor.at += 1;
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return taken(cursor, sink),
            _ => {}
        }
    }
    Ok(Mode::Text { escaped })
}

pub(super) fn scalar(bytes: &[u8], cursor: &mut Cursor, sink: &mut Sink<'_>) -> Result<Mode, Stop> {
    while let Some(&byte) = bytes.get(cursor.at) {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.' => cursor.at += 1,
            // The last is where a byte order mark begins.
            b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'[' | b'"' | b'\xef' => {
                return taken(cursor, sink);
            }
            _ => {
                return cursor.fail(cursor.at, DecodeErrorKind::StrayByte, Detail::Byte(byte));
            }
        }
    }
    Ok(Mode::Scalar)
}

/// Ends a value before the next byte.
fn taken(cursor: &mut Cursor, sink: &mut Sink<'_>) -> Result<Mode, Stop> {
    cursor.take(sink)?;
    cursor.open = cursor.at;
    Ok(Mode::Between)
}
