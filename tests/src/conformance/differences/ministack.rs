//! Seen on ministack 1.5.33.

use super::entry::Entry;

pub(super) const DIFFERENCES: &[Entry] = &[
    ("12 hours are the total of one receive", "beyond: done, within: done", "it has no such limit"),
    ("a change after the timeout", "done", "it hides the message again"),
    ("the code of a change after the timeout", "done", "it hides the message again"),
    ("a timeout above 12 hours or below 0", "done", "it takes any number"),
    ("a second delete", "done, lost", "a handle ends with its message"),
    (
        "a change of several, one handle and one timeout wrong",
        "2 done, failed: ReceiptHandleIsInvalid (sender)",
        "it takes any number",
    ),
    ("several sent, one with a delay of 901 s", "2 done, failed: ", "it takes any number"),
    ("a wait above 20 s", "done", "it takes any number"),
    ("an attribute that no queue has", "done", "it takes any name"),
    ("a delay above 900 s", "done", "it takes any number"),
    ("a message with eleven attributes", "done", "it takes any number"),
    (
        "a range that ends before it begins",
        "416 InvalidRange",
        "it takes it for one beyond the end",
    ),
    ("the last bytes of an empty object", "206 bytes 0--1/0", "it computes the range all the same"),
    ("a version id that is none", "404 NoSuchVersion", "all ids are alike to it"),
    ("a bucket that somebody else is to own", "done", "it does not compare owners"),
    ("no Content-Type given", "application/octet-stream", "it has another default"),
    ("an upload without a checksum", "none", "it computes none"),
    ("metadata of more than 2 KB", "done", "it has no such limit"),
    ("an upload in parts without a checksum", "none", "it computes none"),
    ("a part below 5 MiB that is not the last", "done", "it has no such limit"),
    ("keys of 1,024 bytes and one more", "1,024: done, 1,025: done", "it has no such limit"),
    ("the delete of 1,001 keys at once", "done", "it has no such limit"),
    ("an empty message", "done", "it has no such limit"),
    ("a batch of no messages", "400 InvalidParameterException", "it has another code"),
    ("a batch of more than 256 KiB", "done", "it looks at each message alone"),
    ("a policy of objects in an array in the body", "", "it does not look into arrays of objects"),
    ("two notifications for one event and key", "done", "it does not compare them"),
];
