//! Seen on LocalStack 4.9.2 and 4.14.0.

use super::entry::Entry;

pub(super) const DIFFERENCES: &[Entry] = &[
    ("12 hours are the total of one receive", "beyond: done, within: done", "it has no such limit"),
    ("a change after the timeout", "done", "it hides the message again"),
    ("the code of a change after the timeout", "done", "it hides the message again"),
    ("a timeout above 12 hours or below 0", "done", "it takes any number"),
    (
        "a change by an old handle",
        "done, the message is visible",
        "a handle is good until its message is deleted",
    ),
    (
        "a delete by an old handle",
        "the message is deleted",
        "a handle is good until its message is deleted",
    ),
    (
        "a delete of several, one handle wrong",
        "1 done, failed: ReceiptHandleIsInvalid (receiver)",
        "it says of no failure that it is the sender's",
    ),
    (
        "a change of several, one handle and one timeout wrong",
        "2 done, failed: ReceiptHandleIsInvalid (receiver)",
        "it takes any number, and says of no failure that it is the sender's",
    ),
    ("several sent, one with a delay of 901 s", "2 done, failed: ", "it takes any number"),
    (
        "a batch with a wrong id",
        "400 InvalidBatchEntryId, done, 400 InvalidBatchEntryId",
        "DeleteMessageBatch does not look at the ids",
    ),
    ("a dead-letter queue that does not exist", "done", "it does not look for it"),
    (
        "a message sent after a poll was given up",
        "hidden: the poll took it",
        "the poll goes on without its client",
    ),
    (
        "a receive of 0 or 11 messages",
        "done, 400 InvalidParameterValue",
        "0 is as good as none given",
    ),
    ("a queue's timeout above 12 hours", "done", "it takes any number"),
    ("a delay above 900 s", "done", "it takes any number"),
    ("a message with eleven attributes", "done", "it takes any number"),
    ("a version id that is none", "404 NoSuchVersion", "all ids are alike to it"),
    ("a bucket that somebody else is to own", "done", "it does not compare owners"),
    ("metadata of more than 2 KB", "done", "it has no such limit"),
    ("the delete of 1,001 keys at once", "done", "it has no such limit"),
    ("a space in a key", "a%20b", "it encodes as in a path, not as in a form"),
    ("a percent sign in a key", "100%25%20%2541", "it encodes as in a path, not as in a form"),
    ("the sequencers of one key", "constant", "each event has the same"),
    ("a batch of no messages", "500 InternalError", "it fails over it"),
    ("two notifications for one event and key", "done", "it does not compare them"),
    (
        "a delete if the ETag is another, or this",
        "another: 501 NotImplemented, there; this: 501 NotImplemented, there",
        "it knows no conditional deletes: without versions, `finish` keeps objects there",
    ),
];
