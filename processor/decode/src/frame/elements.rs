//! The elements of a list somewhere in a JSON value, one by one.
//!
//! Bytes are looked at one by one only on the way to the list and between its elements. Elements,
//! and what stands beside the way, are passed by the scanner of [`json()`](crate::json).

mod key;
mod path;

use self::{key::Key, path::Path};
use super::{
    BYTE_ORDER_MARK, Framer, Rest, Scan, Sink, Unframed,
    json::{ALONE, COMMA, Json},
};
use crate::{
    built_in::BuiltIn,
    error::{DecodeErrorKind, Detail, ParseFormatError},
};
use std::sync::Arc;

/// The elements of the list under a path, each a record: CloudTrail's `{"Records":[..]}` is
/// `json_elements("Records")`.
///
/// The path is made of the names of members, joined by dots: `a.b`. `[]` stands for a list that is
/// the value itself. A leading dot and a trailing `[]` change nothing: `.a.b[]`. A name with a dot,
/// a bracket or a space is written in quotes: `"a.b".c`. Names are compared letter by letter.
///
/// As with [`json()`](crate::json) an object is a sequence of values, in any arrangement; each of
/// them has the list. Its elements are any JSON values. They are handed on as they are read:
/// neither the list nor what stands beside it, before or behind, is held. An empty list has no
/// records.
///
/// A value without a list under the path fails its object: it may be another kind of file, which a
/// guess would drop.
///
/// # Errors
/// If it is no path.
///
/// ```
/// use s3_sqs_decode::{Decoder, json_elements};
///
/// assert_eq!(json_elements(".Records[]")?.identity(), "json:Records");
/// # Ok::<_, s3_sqs_decode::ParseFormatError>(())
/// ```
pub fn json_elements(path: &str) -> Result<BuiltIn, ParseFormatError> {
    let parsed = Path::parse(path)
        .map_err(|problem| ParseFormatError::new(path, format!("no path: {problem}")))?;
    let identity = format!("json:{parsed}");
    let path = Arc::new(parsed);
    Ok(BuiltIn::framed(identity, move || Elements::new(Arc::clone(&path))))
}

/// The framer's state between two slices.
#[derive(Debug)]
pub(crate) struct Elements {
    path: Arc<Path>,
    state: State,
    /// How many objects are open on the way.
    level: usize,
    /// Of each of them, whether it had the member that leads on.
    found: Vec<bool>,
    scanner: Json,
    /// Where values end that are passed over.
    passed: Vec<(u32, u32)>,
}

#[derive(Debug)]
enum State {
    /// Between the values of the object, behind so many bytes of a byte order mark.
    Outside(usize),
    /// In an object: a name comes next, or the end if `may_end`.
    Member {
        may_end: bool,
    },
    Name(Key),
    /// Behind a name, and whether it leads on.
    Colon(bool),
    /// Where a value begins: the one that leads on, or another.
    Value(bool),
    /// In a value that is passed over.
    Beside(Kind),
    /// Behind a value of an object on the way.
    BehindValue,
    /// In the list: an element comes next, or the end if `may_end`.
    Element {
        may_end: bool,
    },
    InElement(Kind),
    BehindElement,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The scanner finds its end.
    Closed,
    /// A number or literal: it ends where something else begins.
    Scalar,
}

/// What a step through the bytes came to.
enum Went {
    On,
    /// The bytes are used up.
    Out,
    /// The sink refused the element that begins here.
    Refused(usize),
}

impl Elements {
    fn new(path: Arc<Path>) -> Self {
        let found = vec![false; path.len()];
        let (state, scanner) = (State::Outside(0), Json::default());
        Self { path, state, level: 0, found, scanner, passed: Vec::new() }
    }

    /// One step from `at`; `open` is where the element begins that is read.
    fn go(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        open: &mut usize,
        sink: &mut Sink<'_>,
    ) -> Result<Went, Unframed> {
        match &mut self.state {
            State::Name(key) => {
                let name = self.path.name(self.level - 1);
                let (taken, has_ended) = key.take(&bytes[*at..], name);
                if has_ended {
                    self.state = State::Colon(key.is(name));
                }
                *at += taken;
                return Ok(Went::On);
            }
            State::Beside(kind) => {
                let kind = *kind;
                return self.pass(bytes, at, kind);
            }
            State::InElement(kind) => {
                let kind = *kind;
                return self.element(bytes, at, open, kind, sink);
            }
            State::Outside(1..) => {}
            _ => *at += white_space(&bytes[*at..]),
        }
        let Some(&byte) = bytes.get(*at) else { return Ok(Went::Out) };
        let next = self.next(byte).ok_or_else(|| unframed(*at, self.wrong(byte)))?;
        // An element is kept from its first byte on, and seen by the scanner as a whole.
        *open = *at;
        *at += usize::from(!matches!(next, State::Beside(_) | State::InElement(_)));
        self.state = next;
        Ok(Went::On)
    }

    /// What this byte leads to, which is no white space; `None`: it may not stand here.
    fn next(&mut self, byte: u8) -> Option<State> {
        let is_list = self.level == self.path.len();
        Some(match (&self.state, byte) {
            (State::Outside(seen), byte) if BYTE_ORDER_MARK[*seen] == byte => {
                State::Outside((seen + 1) % BYTE_ORDER_MARK.len())
            }
            (State::Outside(0) | State::Value(true), b'[') if is_list => {
                self.lead_on();
                State::Element { may_end: true }
            }
            (State::Outside(0) | State::Value(true), b'{') if !is_list => {
                self.lead_on();
                self.found[self.level] = false;
                self.level += 1;
                State::Member { may_end: true }
            }
            (State::Member { .. }, b'"') => State::Name(Key::default()),
            (State::Member { may_end: true } | State::BehindValue, b'}')
                if self.found[self.level - 1] =>
            {
                self.level -= 1;
                self.behind()
            }
            (State::Colon(leads), b':') => State::Value(*leads),
            (State::Value(false), byte) => State::Beside(Kind::of(byte)?),
            (State::BehindValue, b',') => State::Member { may_end: false },
            (State::Element { may_end: true } | State::BehindElement, b']') => self.behind(),
            (State::Element { .. }, byte) => State::InElement(Kind::of(byte)?),
            (State::BehindElement, b',') => State::Element { may_end: false },
            _ => return None,
        })
    }

    /// The object at hand, if the way is in one, has the member that leads on.
    fn lead_on(&mut self) {
        if let Some(last) = self.level.checked_sub(1) {
            self.found[last] = true;
        }
    }

    /// Behind the list, or behind an object on the way.
    fn behind(&self) -> State {
        if self.level == 0 { State::Outside(0) } else { State::BehindValue }
    }

    /// Why this byte may not stand here.
    fn wrong(&self, byte: u8) -> (DecodeErrorKind, Detail) {
        let begins_a_value = Kind::of(byte).is_some();
        let lacks = match self.state {
            State::Outside(0) | State::Value(true) => begins_a_value,
            // It would end there, had it the member.
            State::Member { may_end: true } | State::BehindValue => byte == b'}',
            _ => false,
        };
        if lacks {
            let path = format!(" ({})", self.path).into();
            return (DecodeErrorKind::NoElements, Detail::Said(path));
        }
        let kind = match (&self.state, byte) {
            (State::Outside(_), _) => DecodeErrorKind::StrayByte,
            (_, b'}' | b']') => DecodeErrorKind::MismatchedBracket,
            _ => DecodeErrorKind::StrayByte,
        };
        (kind, Detail::Byte(byte))
    }

    /// Goes on in a value that is no record.
    fn pass(&mut self, bytes: &[u8], at: &mut usize, kind: Kind) -> Result<Went, Unframed> {
        let from = *at;
        let has_ended = match kind {
            Kind::Scalar => {
                *at = end_of_scalar(bytes, from)?;
                *at < bytes.len()
            }
            Kind::Closed => {
                let mut nobody = Sink { spans: &mut self.passed, max: usize::MAX, skipping: false };
                let value = self.scanner.value::<ALONE>(bytes, from, from, &mut nobody);
                self.passed.clear();
                *at = value.map_err(|error| Unframed { open: error.at, ..error })?.upto;
                self.scanner.is_between()
            }
        };
        if has_ended {
            self.state = State::BehindValue;
        }
        Ok(Went::On)
    }

    /// Goes on in an element.
    fn element(
        &mut self,
        bytes: &[u8],
        at: &mut usize,
        open: &mut usize,
        kind: Kind,
        sink: &mut Sink<'_>,
    ) -> Result<Went, Unframed> {
        let refused = match kind {
            Kind::Scalar => {
                let open = *open;
                *at = end_of_scalar(bytes, *at).map_err(|error| Unframed { open, ..error })?;
                if *at == bytes.len() {
                    return Ok(Went::On);
                }
                sink.take(open, *at).is_err().then_some(open)
            }
            Kind::Closed => {
                let value = self.scanner.value::<COMMA>(bytes, *at, *open, sink)?;
                (*at, *open) = (value.upto, value.open);
                if !self.scanner.is_between() {
                    return Ok(Went::On);
                }
                value.refused
            }
        };
        self.state = State::BehindElement;
        Ok(refused.map_or(Went::On, Went::Refused))
    }
}

impl Kind {
    /// Of the value that begins with this byte.
    fn of(byte: u8) -> Option<Self> {
        match byte {
            b'{' | b'[' | b'"' => Some(Self::Closed),
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Some(Self::Scalar),
            _ => None,
        }
    }
}

impl Framer for Elements {
    fn scan(
        &mut self,
        bytes: &[u8],
        from: usize,
        open: usize,
        sink: &mut Sink<'_>,
    ) -> Result<Scan, Unframed> {
        let (mut at, mut open) = (from, open);
        let mut refused = None;
        while at < bytes.len() {
            match self.go(bytes, &mut at, &mut open, sink)? {
                Went::On => {}
                Went::Out => break,
                Went::Refused(start) => {
                    refused = Some(start);
                    break;
                }
            }
        }
        // Only what an element is made of is kept.
        let is_open = matches!(self.state, State::InElement(_));
        Ok(Scan { upto: at, open: if is_open { open } else { at }, refused })
    }

    fn finish<'a>(&mut self, open: &'a [u8]) -> (Rest, &'a [u8]) {
        let rest = match self.state {
            State::Outside(0) => Rest::Nothing,
            State::Outside(_) => Rest::Stray(BYTE_ORDER_MARK[0]),
            _ => Rest::Partial,
        };
        (rest, open)
    }
}

/// A scalar is made of these; what ends it is looked at next.
fn end_of_scalar(bytes: &[u8], from: usize) -> Result<usize, Unframed> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let end = from + bytes[from..].iter().take_while(|byte| is_part(byte)).count();
    match bytes.get(end) {
        None | Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | b']' | b'}') => Ok(end),
        Some(&byte) => Err(unframed(end, (DecodeErrorKind::StrayByte, Detail::Byte(byte)))),
    }
}

/// How many bytes in front are white space.
fn white_space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count()
}

fn unframed(at: usize, (kind, detail): (DecodeErrorKind, Detail)) -> Unframed {
    Unframed { kind, at, open: at, detail }
}
