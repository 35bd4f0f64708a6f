//! The ports themselves do what SQS and S3 do.

mod queue;
mod store;
