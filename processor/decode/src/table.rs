//! Records written anew: what a framer cuts out becomes rows of another shape.

#[cfg(feature = "cloudwatch-logs")]
pub(crate) mod cloudwatch_logs;
#[cfg(feature = "csv")]
pub(crate) mod csv;
#[cfg(feature = "firehose-errors")]
pub(crate) mod firehose_errors;
mod text;
#[cfg(feature = "csv")]
pub(crate) mod w3c;

use crate::{
    block::Block,
    built_in::BuiltIn,
    decoder::{Decode, Input, Step},
    decoding::Decoding,
    error::{DecodeError, DecodeErrorKind, Detail},
    frame::Framer,
    framed::Framed,
    limits::{DecodeLimits, exceeds},
    writer::BlockWriter,
};
use std::borrow::Cow;

/// Each object is framed by a framer of its own, and its records are written anew as rows.
fn table<F: Framer, R: Rows>(
    identity: &'static str,
    framer: impl Fn() -> F + Send + Sync + 'static,
    rows: impl Fn() -> R + Send + Sync + 'static,
) -> BuiltIn {
    BuiltIn::new(identity, move |unpack, limits| {
        let framed = Box::new(Framed::new(unpack, framer(), *limits));
        Box::new(Table::new(framed, *limits, rows()))
    })
}

/// What is framed before it is written anew. A record that is larger makes it grow for a while.
const FRAMED: usize = 32 * 1024;

/// Bytes of rows after which a step ends.
const STEP_BYTES: usize = 512 * 1024;

/// What a row costs besides its bytes, in the same measure.
const ROW_COST: usize = 64;

/// Makes rows of the framed records of one object.
pub(crate) trait Rows: Send + 'static {
    /// Looks at the next record.
    fn begin(&mut self, record: &[u8]) -> Result<(), Wrong>;

    /// Writes the next row of it to `row`, which is empty.
    fn next(&mut self, record: &[u8], row: &mut Vec<u8>) -> Result<Next, Wrong>;

    /// A record was too large and is lost. Not what the others depend on: a header, say.
    fn lost(&mut self) -> Result<(), Wrong> {
        Ok(())
    }

    /// How many records of the object have no rows by the format's own rules.
    fn passed_over(&self) -> u64 {
        0
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    Row,
    /// A row, behind which there is none.
    LastRow,
    Nothing,
}

/// Why a record cannot be written anew.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// Where in the record.
    pub(crate) at: usize,
    pub(crate) kind: DecodeErrorKind,
    pub(crate) detail: Detail,
}

impl Wrong {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { at: 0, kind: DecodeErrorKind::Decoded, detail: Detail::Said(text.into()) }
    }

    /// In a record that begins there.
    fn at_offset(self, offset: u64) -> DecodeError {
        DecodeError::with(self.kind, offset + self.at as u64, self.detail)
    }
}

/// So many bytes of rows for each byte that was framed no honest object has, if the limits say
/// nothing: names of a header, or what all events of a message share, may be a bomb too.
const MAX_RATIO: u32 = 1_000;

/// Decodes one object: records are framed into a small block of its own, and rows of them go to the
/// one that is handed on.
pub(crate) struct Table<R> {
    limits: DecodeLimits,
    framing: Decoding,
    framed: Block,
    /// The record at hand, and whether its rows were begun.
    at: usize,
    has_begun: bool,
    rows: R,
    row: Vec<u8>,
    /// The row did not fit into the last block.
    is_left: bool,
    /// No row follows it.
    is_last: bool,
    /// The fault of the framed block was handed on.
    is_told: bool,
    /// What the framing said last, for when all it framed is handed on.
    next: Option<Result<Step, DecodeError>>,
}

impl<R: Rows> Table<R> {
    pub(crate) fn new(framed: Box<dyn Decode>, limits: DecodeLimits, rows: R) -> Self {
        Self {
            limits,
            framing: Decoding::of(framed, limits),
            framed: Block::with_capacity(FRAMED),
            at: 0,
            has_begun: false,
            rows,
            row: Vec::new(),
            is_left: false,
            is_last: false,
            is_told: false,
            next: None,
        }
    }

    /// Hands on rows until none is left of what was framed, or a step's worth. `Some`: what the
    /// step says.
    fn hand_on(&mut self, block: &mut BlockWriter<'_>) -> Result<Option<Step>, DecodeError> {
        let mut budget = STEP_BYTES;
        while self.at < self.framed.len() {
            if !self.is_left {
                let record = self.framed.record(self.at);
                let offset = self.framed.offset(self.at);
                let wrong = |wrong: Wrong| wrong.at_offset(offset);
                if !self.has_begun {
                    self.rows.begin(record).map_err(wrong)?;
                    self.has_begun = true;
                }
                self.row.clear();
                let next = self.rows.next(record, &mut self.row).map_err(wrong)?;
                self.is_last = next != Next::Row;
                if next == Next::Nothing {
                    self.end_record();
                    continue;
                }
            }
            self.is_left = !block.copy(&self.row);
            if self.is_left {
                return Ok(Some(Step::BlockFull));
            }
            if self.is_last {
                self.end_record();
            }
            let ratio = self.limits.max_ratio.unwrap_or(MAX_RATIO);
            if exceeds(block.position(), self.framing.decoded_bytes(), ratio) {
                let limit = Detail::Limit(ratio.into());
                return Err(DecodeError::with(DecodeErrorKind::Ratio, block.position(), limit));
            }
            budget = budget.saturating_sub(self.row.len() + ROW_COST);
            if budget == 0 {
                return Ok(Some(Step::Yield));
            }
        }
        if let Some(fault) = self.framed.faults().first().filter(|_| !self.is_told) {
            if !block.fault(block.filled().len(), fault.kind) {
                return Ok(Some(Step::BlockFull));
            }
            self.is_told = true;
            self.rows.lost().map_err(|wrong| wrong.at_offset(fault.offset))?;
        }
        Ok(None)
    }
}

impl<R> Table<R> {
    fn end_record(&mut self) {
        self.at += 1;
        self.has_begun = false;
    }
}

impl<R: Rows> Decode for Table<R> {
    fn step(
        &mut self,
        input: Input<'_, '_>,
        block: &mut BlockWriter<'_>,
    ) -> Result<Step, DecodeError> {
        loop {
            if let Some(step) = self.hand_on(block)? {
                return Ok(step);
            }
            match self.next.take() {
                Some(Ok(Step::BlockFull)) => {
                    if self.framed.capacity() > FRAMED {
                        self.framed = Block::with_capacity(FRAMED);
                    }
                    self.framed.clear();
                    (self.at, self.is_told) = (0, false);
                }
                // More has come since, while rows were handed on.
                Some(Ok(Step::NeedInput)) if !input.bytes.is_empty() || input.last => {}
                Some(step) => return step,
                None => {}
            }
            self.next = Some(self.framing.step(input.bytes, input.last, &mut self.framed));
        }
    }

    fn passed_over(&self) -> u64 {
        self.rows.passed_over()
    }
}

/// What is wrong and where, without a word of the data.
#[cfg(any(feature = "cloudwatch-logs", feature = "firehose-errors"))]
fn position(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "a member is missing or of another type",
        _ => "it is no JSON",
    };
    format!("{kind}, line {} column {}", error.line(), error.column())
}
