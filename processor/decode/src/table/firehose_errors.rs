//! What Firehose could not deliver, from its error files.

use super::{Next, Rows, Wrong, position, table, text::write_string};
use crate::{built_in::BuiltIn, frame::json::Json};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// Each record of a Firehose error file as a JSON object: `data` is the original record as text
/// (`dataBase64`, in base64, where it is no UTF-8), and behind it stands what else the file says of
/// it, such as `errorCode`, `errorMessage` and `attemptsMade`.
///
/// AWS's own pages write the names of these members in different ways, and numbers as numbers or as
/// text. So names are taken whatever their capitals, and the ones that are known come out in one
/// way: numbers are numbers. A record without `rawData` fails the object.
pub fn firehose_errors() -> BuiltIn {
    table("firehose-errors", Json::default, || FirehoseErrors::new(false))
}

/// The original record of each record of a Firehose error file, byte for byte: to process them as
/// if Firehose had delivered them. What Firehose says of the error is left out.
pub fn firehose_errors_data() -> BuiltIn {
    table("firehose-errors:data", Json::default, || FirehoseErrors::new(true))
}

/// The members that are known, and how they come out. Failed conversions of formats call the error
/// the last one.
const KNOWN: [(&str, &str); 15] = [
    ("rawData", "rawData"),
    ("errorCode", "errorCode"),
    ("errorMessage", "errorMessage"),
    ("lastErrorCode", "errorCode"),
    ("lastErrorMessage", "errorMessage"),
    ("attemptsMade", "attemptsMade"),
    ("arrivalTimestamp", "arrivalTimestamp"),
    ("attemptEndingTimestamp", "attemptEndingTimestamp"),
    ("lambdaArn", "lambdaArn"),
    ("esDocumentId", "esDocumentId"),
    ("esIndexName", "esIndexName"),
    ("esTypeName", "esTypeName"),
    ("sequenceNumber", "sequenceNumber"),
    ("subSequenceNumber", "subSequenceNumber"),
    ("dataCatalogTable", "dataCatalogTable"),
];

/// Of these, the ones that are numbers. A sequence number is none: it has more digits than most
/// readers keep.
const NUMBERS: [&str; 4] =
    ["attemptsMade", "arrivalTimestamp", "attemptEndingTimestamp", "subSequenceNumber"];

pub(crate) struct FirehoseErrors {
    only_data: bool,
    row: Vec<u8>,
}

impl FirehoseErrors {
    fn new(only_data: bool) -> Self {
        Self { only_data, row: Vec::new() }
    }
}

impl Rows for FirehoseErrors {
    fn begin(&mut self, record: &[u8]) -> Result<(), Wrong> {
        let parsed: Map<String, Value> = serde_json::from_slice(record).map_err(|error| {
            Wrong::new(format!("no record of a Firehose error file ({})", position(&error)))
        })?;
        let mut members: Vec<(String, Value)> = Vec::new();
        let mut data = None;
        for (given, value) in parsed {
            let known = KNOWN.iter().find(|(name, _)| name.eq_ignore_ascii_case(&given));
            let name = known.map_or(given.clone(), |(_, name)| (*name).to_owned());
            let is_there = |(earlier, _): &(String, Value)| *earlier == name;
            match &*name {
                "rawData" if data.is_some() => {
                    return Err(Wrong::new("a record of a Firehose error file with two rawData"));
                }
                "rawData" => data = Some(value),
                _ if members.iter().any(is_there) => members.push((given, value)),
                _ => {
                    let value = normal(&name, value);
                    members.push((name, value));
                }
            }
        }
        let Some(Value::String(encoded)) = data else {
            return Err(Wrong::new(
                "a record of a Firehose error file without rawData: if it is another kind of \
                 file, give it a route of its own",
            ));
        };
        let data = STANDARD
            .decode(encoded.trim())
            .map_err(|_| Wrong::new("rawData of a Firehose error file is no base64"))?;
        self.row.clear();
        if self.only_data {
            self.row = data;
            return Ok(());
        }
        match std::str::from_utf8(&data) {
            Ok(text) => {
                self.row.extend_from_slice(b"{\"data\":");
                write_string(text.as_bytes(), &mut self.row);
            }
            Err(_) => {
                self.row.extend_from_slice(b"{\"dataBase64\":");
                write_string(encoded.trim().as_bytes(), &mut self.row);
            }
        }
        for (name, value) in members {
            self.row.push(b',');
            write_string(name.as_bytes(), &mut self.row);
            self.row.push(b':');
            serde_json::to_writer(&mut self.row, &value)
                .map_err(|error| Wrong::new(error.to_string()))?;
        }
        self.row.push(b'}');
        Ok(())
    }

    fn next(&mut self, _record: &[u8], row: &mut Vec<u8>) -> Result<Next, Wrong> {
        // A record without data was empty, and empty ones are none.
        std::mem::swap(row, &mut self.row);
        self.row.clear();
        Ok(if row.is_empty() { Next::Nothing } else { Next::LastRow })
    }
}

/// A number that is written as text is a number.
fn normal(name: &str, value: Value) -> Value {
    match &value {
        Value::String(text) if NUMBERS.contains(&name) => {
            text.trim().parse::<u64>().map_or(value, Value::from)
        }
        _ => value,
    }
}
