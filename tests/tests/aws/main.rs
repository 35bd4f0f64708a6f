//! The library through the real path of bucket, topic and queue, on LocalStack.
//!
//! All tests are one program, because all share one server; each has a bucket, a topic and queues
//! of its own. `S3SQS_BACKEND=ministack` or `embedded` runs them on another server; what a server
//! does not have is said on stderr.

#![allow(clippy::unwrap_used, reason = "a failed step of a test is a failed test")]

mod a_thousand;
mod bad_objects;
mod bad_set_up;
mod batches;
mod clean_up;
mod conformance;
mod corrupt;
mod crash;
mod deferred;
mod diagrams;
mod drain;
mod envelopes;
mod fan_out;
mod files;
mod firehose;
mod harness;
mod keys;
mod lease;
mod messages;
mod objects;
mod overwritten;
mod progress;
mod provisioning;
mod quarantine;
mod redrive;
mod trust;
mod two_consumers;
mod versions;
