//! What decoding must give, computed in the most direct way from the whole input.

use super::{Found, Outcome};
use crate::{DecodeErrorKind, Fault, FaultKind, foreign};

/// As documented for `json()`.
const MAX_DEPTH: usize = 1024;

struct Model<'a> {
    data: &'a [u8],
    max: usize,
    index: u64,
    outcome: Outcome,
}

impl Model<'_> {
    fn record(&mut self, start: usize, end: usize) {
        let (index, offset) = (self.index, start as u64);
        self.index += 1;
        if end - start > self.max {
            self.outcome.faults.push(Fault { index, offset, kind: FaultKind::RecordTooLarge });
        } else {
            self.outcome.records.push(Found {
                index,
                offset,
                bytes: self.data[start..end].to_vec(),
            });
        }
    }

    fn fail(mut self, kind: DecodeErrorKind, at: usize, record: Option<(usize, usize)>) -> Outcome {
        if let Some((start, end)) = record.filter(|(start, end)| end - start > self.max) {
            self.record(start, end);
        }
        self.outcome.end = Err((kind, at as u64));
        self.outcome
    }
}

fn model(data: &[u8], max: usize) -> Model<'_> {
    let outcome = Outcome { records: vec![], faults: vec![], end: Ok(()) };
    Model { data, max, index: 0, outcome }
}

pub(crate) fn lines(data: &[u8], max: usize) -> Outcome {
    let (mut model, mut start) = (model(data, max), 0);
    if foreign::known(data).is_some() {
        return model.fail(DecodeErrorKind::NotText, 0, None);
    }
    while start < data.len() {
        let end = data[start..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(data.len(), |at| start + at);
        let text_end = if end > start && data[end - 1] == b'\r' { end - 1 } else { end };
        while data[start..text_end].starts_with(b"\xef\xbb\xbf") {
            start += 3;
        }
        let is_blank = data[start..text_end].iter().all(|byte| b" \t".contains(byte));
        if !is_blank || text_end - start > max {
            model.record(start, text_end);
        }
        start = end + 1;
    }
    model.outcome
}

/// Fails as a whole where it is too large.
pub(crate) fn whole(data: &[u8], max: usize) -> Outcome {
    let mut model = model(data, max);
    if data.len() > max {
        return model.fail(DecodeErrorKind::RecordTooLarge, max, None);
    }
    if !data.is_empty() {
        model.record(0, data.len());
    }
    model.outcome
}

/// Byte by byte, with a stack of brackets.
pub(crate) fn json(data: &[u8], max: usize) -> Outcome {
    let (mut model, mut at) = (model(data, max), 0);
    if foreign::known(data).is_some() {
        return model.fail(DecodeErrorKind::NotText, 0, None);
    }
    loop {
        loop {
            match data.get(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(_) if data[at..].starts_with(b"\xef\xbb\xbf") => at += 3,
                _ => break,
            }
        }
        let start = at;
        let Some(&first) = data.get(at) else { return model.outcome };
        if b"-0123456789tfn".contains(&first) {
            while at < data.len()
                && (data[at].is_ascii_alphanumeric() || b"+-.".contains(&data[at]))
            {
                at += 1;
            }
            if at < data.len() && !b" \t\r\n{[\"\xef".contains(&data[at]) {
                return model.fail(DecodeErrorKind::StrayByte, at, Some((start, at)));
            }
        } else if b"{[\"".contains(&first) {
            let (mut stack, mut in_string) = (Vec::new(), false);
            loop {
                let Some(&byte) = data.get(at) else {
                    return model.fail(DecodeErrorKind::PartialRecord, start, Some((start, at)));
                };
                match byte {
                    // Outside of strings it is no JSON, but must mean the same however the bytes
                    // are cut.
                    b'\\' if in_string || matches!(data.get(at + 1), Some(b'"' | b'\\')) => at += 1,
                    b'"' => in_string = !in_string,
                    b'{' | b'[' if !in_string && stack.len() == MAX_DEPTH => {
                        return model.fail(DecodeErrorKind::TooDeep, at, Some((start, at)));
                    }
                    b'{' | b'[' if !in_string => stack.push(byte + 2),
                    b'}' | b']' if !in_string && stack.pop() != Some(byte) => {
                        return model.fail(
                            DecodeErrorKind::MismatchedBracket,
                            at,
                            Some((start, at)),
                        );
                    }
                    _ => {}
                }
                at += 1;
                if stack.is_empty() && !in_string {
                    break;
                }
                if at > data.len() {
                    return model.fail(
                        DecodeErrorKind::PartialRecord,
                        start,
                        Some((start, data.len())),
                    );
                }
            }
        } else {
            return model.fail(DecodeErrorKind::StrayByte, at, None);
        }
        model.record(start, at);
    }
}
