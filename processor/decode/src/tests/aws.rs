//! Files that AWS services write: CloudWatch Logs, and what Firehose could not deliver.

use super::{AMPLE, Arrival, decode, decode_as};
#[cfg(feature = "cloudwatch-logs")]
use crate::cloudwatch_logs;
use crate::{Block, BuiltIn, Decoding, ObjectInfo, Step};
#[cfg(feature = "firehose-errors")]
use crate::{firehose_errors, firehose_errors_data};

/// As the service writes them, made up: two of three members of a data message, and the rest.
#[cfg(feature = "cloudwatch-logs")]
fn messages() -> String {
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"",
        "logStream":"","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}"#;
    let data = r#"{"messageType":"DATA_MESSAGE","owner":"1234","logGroup":"/aws/lambda/a",
        "logStream":"[$LATEST]\"x","subscriptionFilters":["all"],"logEvents":[
        {"id":"3195310660696698337880","timestamp":1432826855000,"message":"{\"a\":1}\n"},
        {"id":"2","timestamp":1432826855001,"message":"b","extractedFields":{"x":"y"}}]}"#;
    let turned = r#"{"logEvents":[{"id":"3","timestamp":2,"message":"c"}, { } ],
        "logStream":"s","logGroup":"g","owner":"1","messageType":"DATA_MESSAGE"}"#;
    [control, data, turned].map(|message| message.replace("\n        ", "")).join("\n")
}

#[cfg(feature = "cloudwatch-logs")]
#[test]
fn trap_23_log_events_come_one_by_one_and_control_messages_are_counted() {
    let of_data = r#"{"owner":"1234","logGroup":"/aws/lambda/a","logStream":"[$LATEST]\"x","#;
    let expected = [
        of_data.to_owned()
            + r#""id":"3195310660696698337880","timestamp":1432826855000,"message":"{\"a\":1}\n"}"#,
        of_data.to_owned()
            + r#""id":"2","timestamp":1432826855001,"message":"b","extractedFields":{"x":"y"}}"#,
        r#"{"owner":"1","logGroup":"g","logStream":"s","id":"3","timestamp":2,"message":"c"}"#
            .into(),
        r#"{"owner":"1","logGroup":"g","logStream":"s" }"#.into(),
    ];
    let messages = messages();
    let mut objects = vec![messages.replace("}\n{\"m", "}{\"m").into_bytes()];
    #[cfg(feature = "gzip")]
    {
        // Each message compressed by CloudWatch Logs, and all of them by Firehose.
        let members: Vec<_> =
            messages.lines().flat_map(|line| super::member(line.as_bytes())).collect();
        objects.extend([super::member(&members), members]);
    }
    for object in objects {
        for size in [1, 7, 100, usize::MAX] {
            let arrival = Arrival { chunks: vec![size], end_known: true, block: 300 };
            let outcome = decode_as(&cloudwatch_logs(), AMPLE, &object, &arrival);
            let expected = expected.iter().map(String::as_str).collect();
            assert_eq!((outcome.texts(), outcome.end), (expected, Ok(())));
        }
        let (_, passed_over) = ended(&cloudwatch_logs(), &object);
        assert_eq!(passed_over, 1);
    }
    for text in expected {
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}

#[cfg(feature = "cloudwatch-logs")]
#[test]
fn a_message_of_another_kind_fails_the_object_with_its_place() {
    for (text, says) in [
        ("{}", "no message of CloudWatch Logs (a member is missing or of another type, line 1"),
        ("{\"messageType\":\"NEWS\"}", "neither DATA_MESSAGE nor CONTROL_MESSAGE, at decoded"),
        ("{\"messageType\":\"DATA_MESSAGE\"}", "without logEvents"),
        ("{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[7]}", "no object, at decoded byte 43"),
        ("{\"messageType\":secret}", "it is no JSON"),
        ("[1]", "no message of CloudWatch Logs"),
    ] {
        let (end, _) = ended(&cloudwatch_logs(), text.as_bytes());
        let error = end.expect_err(says);
        assert!(error.contains(says) && !error.contains("secret"), "{error}");
    }
}

/// A message with many events and few buffers: one row at a time is made.
#[cfg(feature = "cloudwatch-logs")]
#[test]
fn a_message_may_have_more_rows_than_any_block_holds() {
    let events: Vec<_> = (0..20_000)
        .map(|n| format!("{{\"id\":\"{n}\",\"timestamp\":1,\"message\":\"m\"}}"))
        .collect();
    let text = format!(
        "{{\"messageType\":\"DATA_MESSAGE\",\"logGroup\":\"{}\",\"logEvents\":[{}]}}",
        "g".repeat(500),
        events.join(",")
    );
    let outcome = decode(&cloudwatch_logs(), text.as_bytes());
    assert_eq!((outcome.records.len(), outcome.end), (20_000, Ok(())));
    assert_eq!(outcome.records[19_999].index, 19_999);
}

#[cfg(feature = "firehose-errors")]
const ERRORS: &str = r#"{"attemptsMade":4,"arrivalTimestamp":1586136183000,
"errorCode":"Lambda.FunctionTimedOut","errorMessage":"The Lambda function timed out.",
"attemptEndingTimestamp":1586136296418,"rawData":"eyJhIjoxfQo=",
"lambdaArn":"arn:aws:lambda:us-east-1:1:function:f"}
{"AttemptsMade":"2","ArrivalTimestamp":"1","ErrorCode":"x","RawData":"/w==","other":[1]}
{"lastErrorCode":"c","errorMessage":"m","lastErrorMessage":"n","sequenceNumber":"49",
"rawData":""}"#;

#[cfg(feature = "firehose-errors")]
#[test]
fn trap_19_what_firehose_could_not_deliver_is_recovered() {
    let rows = decode(&firehose_errors(), ERRORS.as_bytes());
    assert_eq!(rows.end, Ok(()));
    let values: Vec<serde_json::Value> = rows
        .records
        .iter()
        .map(|found| serde_json::from_slice(&found.bytes).expect("it is JSON"))
        .collect();
    assert_eq!(
        values,
        [
            serde_json::json!({
                "data": "{\"a\":1}\n",
                "attemptsMade": 4,
                "arrivalTimestamp": 1_586_136_183_000_u64,
                "errorCode": "Lambda.FunctionTimedOut",
                "errorMessage": "The Lambda function timed out.",
                "attemptEndingTimestamp": 1_586_136_296_418_u64,
                "lambdaArn": "arn:aws:lambda:us-east-1:1:function:f",
            }),
            serde_json::json!({
                "dataBase64": "/w==", "attemptsMade": 2, "arrivalTimestamp": 1, "errorCode": "x",
                "other": [1],
            }),
            serde_json::json!({
                "data": "", "errorCode": "c", "errorMessage": "m", "lastErrorMessage": "n",
                "sequenceNumber": "49",
            }),
        ]
    );
    for size in [1, 10, 1_000] {
        let arrival = Arrival::in_chunks_of(size);
        let data = decode_as(&firehose_errors_data(), AMPLE, ERRORS.as_bytes(), &arrival);
        let bytes: Vec<_> = data.records.iter().map(|found| &found.bytes[..]).collect();
        // A record of no bytes is none.
        assert_eq!((bytes, data.end), (vec![&b"{\"a\":1}\n"[..], b"\xff"], Ok(())));
    }
}

#[cfg(feature = "firehose-errors")]
#[test]
fn what_is_no_error_file_fails_by_name() {
    for (text, says) in [
        ("{\"a\":1}", "without rawData"),
        ("{\"rawData\":7}", "without rawData"),
        ("{\"rawData\":\"secret!\"}", "is no base64"),
        ("[secret]", "no record of a Firehose error file (a member"),
        ("{\"rawData\":secret}", "it is no JSON, line 1 column 12"),
        ("[1]", "a member is missing or of another type"),
        ("{\"rawData\":\"\",\"RawData\":\"\"}", "two rawData"),
    ] {
        for decoder in [firehose_errors(), firehose_errors_data()] {
            let error = ended(&decoder, text.as_bytes()).0.expect_err(says);
            assert!(error.contains(says) && !error.contains("secret"), "{error}");
        }
    }
}

/// What all events of a message share is repeated with each of them.
#[cfg(feature = "cloudwatch-logs")]
#[test]
fn trap_67_rows_that_repeat_much_are_a_bomb_too() {
    let (group, events) = ("g".repeat(100_000), "{},".repeat(20_000));
    let text = format!(
        "{{\"messageType\":\"DATA_MESSAGE\",\"logGroup\":\"{group}\",\"logEvents\":[{events}{{}}]}}"
    );
    let limits = crate::DecodeLimits { max_ratio: None, ..AMPLE };
    let end = decode_as(&cloudwatch_logs(), limits, text.as_bytes(), &Arrival::at_once()).end;
    assert!(matches!(end, Err((crate::DecodeErrorKind::Ratio, _))), "{end:?}");
}

/// How it ends, and how much was passed over.
fn ended(decoder: &BuiltIn, object: &[u8]) -> (Result<(), String>, u64) {
    let mut decoding = Decoding::new(decoder, &ObjectInfo::new("", ""), AMPLE);
    let mut block = Block::with_capacity(1 << 16);
    let mut input = object;
    let end = loop {
        match decoding.step(&mut input, true, &mut block) {
            Ok(Step::End) => break Ok(()),
            Ok(Step::BlockFull) => block.clear(),
            Ok(_) => {}
            Err(error) => break Err(error.to_string()),
        }
    };
    (end, decoding.passed_over())
}
