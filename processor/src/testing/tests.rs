//! The ports themselves do what SQS and S3 do; and the fuzz targets of the layers below, which need
//! no pipeline.

mod fuzz;
mod queue;
mod store;
