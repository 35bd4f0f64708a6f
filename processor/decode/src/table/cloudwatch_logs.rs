//! What a subscription of CloudWatch Logs sends: log events, many in one message.

use super::{Next, Rows, Wrong, position, table, text::write_string};
use crate::{built_in::BuiltIn, frame::json::Json};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, ops::Range};

/// Each log event of a CloudWatch Logs subscription as a record: the event as it was sent (`id`,
/// `timestamp`, `message`), with `owner`, `logGroup` and `logStream` in front.
///
/// The object is a sequence of messages as CloudWatch Logs sends them (Amazon CloudWatch Logs User
/// Guide, "Log group-level subscription filters"), compressed once more by itself or not. Its
/// control messages are no records, and are counted. A message of another kind fails the object.
///
/// One message is held at a time, and may be as large as a record may be.
pub fn cloudwatch_logs() -> BuiltIn {
    table("cloudwatch-logs", Json::default, CloudwatchLogs::default)
}

#[derive(Debug, Default)]
pub(crate) struct CloudwatchLogs {
    /// What stands before each event.
    front: Vec<u8>,
    /// Where the events of the message at hand stand in it, and which is next.
    events: Vec<Range<usize>>,
    next: usize,
    control_messages: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    #[serde(borrow)]
    message_type: Cow<'a, str>,
    #[serde(borrow, default)]
    owner: Cow<'a, str>,
    #[serde(borrow, default)]
    log_group: Cow<'a, str>,
    #[serde(borrow, default)]
    log_stream: Cow<'a, str>,
    #[serde(borrow)]
    log_events: Option<Vec<&'a RawValue>>,
}

impl Rows for CloudwatchLogs {
    fn begin(&mut self, record: &[u8]) -> Result<(), Wrong> {
        self.events.clear();
        self.next = 0;
        let message: Message<'_> = serde_json::from_slice(record).map_err(|error| {
            Wrong::new(format!("no message of CloudWatch Logs ({})", position(&error)))
        })?;
        match &*message.message_type {
            "DATA_MESSAGE" => {}
            "CONTROL_MESSAGE" => {
                self.control_messages += 1;
                return Ok(());
            }
            _ => {
                return Err(Wrong::new(
                    "a message of CloudWatch Logs that is neither DATA_MESSAGE nor CONTROL_MESSAGE",
                ));
            }
        }
        let events = message
            .log_events
            .ok_or_else(|| Wrong::new("a message of CloudWatch Logs without logEvents"))?;
        for event in events {
            let text = event.get();
            // It is a part of the record.
            let start = text.as_ptr() as usize - record.as_ptr() as usize;
            if !text.starts_with('{') {
                return Err(Wrong { at: start, ..Wrong::new("a log event that is no object") });
            }
            self.events.push(start..start + text.len());
        }
        self.front.clear();
        let members = [
            ("{\"owner\":", &message.owner),
            (",\"logGroup\":", &message.log_group),
            (",\"logStream\":", &message.log_stream),
        ];
        for (name, value) in members {
            self.front.extend_from_slice(name.as_bytes());
            write_string(value.as_bytes(), &mut self.front);
        }
        Ok(())
    }

    fn next(&mut self, record: &[u8], row: &mut Vec<u8>) -> Result<Next, Wrong> {
        let Some(event) = self.events.get(self.next) else { return Ok(Next::Nothing) };
        self.next += 1;
        let members = &record[event.start + 1..event.end];
        row.extend_from_slice(&self.front);
        if members.trim_ascii_start() != b"}" {
            row.push(b',');
        }
        row.extend_from_slice(members);
        Ok(if self.next == self.events.len() { Next::LastRow } else { Next::Row })
    }

    fn passed_over(&self) -> u64 {
        self.control_messages
    }
}
