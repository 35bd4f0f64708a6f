//! `pipeline produce`: files as Kinesis Data Firehose writes them.

mod file;
mod meter;
mod name;

pub(crate) use file::{Compression, Format};

use crate::{aws, cli::ProduceArgs, error::Error, output};
use aws_sdk_s3::{Client, primitives::ByteStream};
use file::File;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use meter::Meter;
use name::Names;
use serde::Serialize;

/// So many uploads side by side.
const UPLOADS: usize = 16;

pub(crate) async fn produce(args: ProduceArgs) -> Result<(), Error> {
    let config = aws::config(&args.aws).await?;
    let order = Order {
        bucket: args.bucket,
        prefix: args.prefix,
        files: args.files,
        records: args.records,
        format: args.format,
        compression: args.compression,
    };
    let mut meter = Meter::new(u64::from(order.files));
    let produced = order
        .fulfil(&aws::s3(&config), |sum| meter.show(sum.files, sum.records, sum.stored_bytes))
        .await?;
    drop(meter);
    output::json(&produced)
}

/// What to produce. The records are numbered from 0 through all files.
pub(crate) struct Order {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) files: u32,
    pub(crate) records: u32,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
}

/// What was produced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Produced {
    pub(crate) bucket: String,
    pub(crate) files: u64,
    pub(crate) records: u64,
    /// Bytes of the records and what is between them.
    pub(crate) bytes: u64,
    /// Bytes as they lie in the bucket.
    pub(crate) stored_bytes: u64,
    pub(crate) first_key: String,
}

impl Order {
    /// Writes all files, several at a time, and tells how far it is. What was written when one
    /// fails stays written.
    pub(crate) async fn fulfil(
        &self,
        s3: &Client,
        mut progress: impl FnMut(&Produced),
    ) -> Result<Produced, Error> {
        let names = Names::new(&self.prefix, self.compression);
        let mut sum = Produced { bucket: self.bucket.clone(), ..Produced::default() };
        let uploads = stream::iter(0..self.files).map(|number| self.upload(s3, &names, number));
        let mut uploads = uploads.buffered(UPLOADS);
        while let Some(file) = uploads.try_next().await? {
            sum.files += 1;
            sum.records += u64::from(self.records);
            sum.bytes += file.bytes;
            sum.stored_bytes += file.stored_bytes;
            if sum.first_key.is_empty() {
                sum.first_key = file.first_key;
            }
            progress(&sum);
        }
        Ok(sum)
    }

    async fn upload(&self, s3: &Client, names: &Names, number: u32) -> Result<Produced, Error> {
        let (key, records) = (names.key(number), u64::from(self.records));
        let (format, compression, run) = (self.format, self.compression, names.run().to_owned());
        let first = u64::from(number) * records;
        // Off the runtime: a large file takes seconds to compress.
        let made = tokio::task::spawn_blocking(move || {
            File::make(&run, first..first + records, format, compression)
        });
        let file = made.await.map_err(|error| Error::new("cannot make a file").because(error))?;
        let stored_bytes = file.body.len() as u64;
        let put =
            s3.put_object().bucket(&self.bucket).key(&key).body(ByteStream::from(file.body)).send();
        let doing = || format!("write s3://{}/{key}", self.bucket);
        put.await.map_err(|error| aws::refused(&doing(), &error))?;
        Ok(Produced { bytes: file.bytes, stored_bytes, first_key: key, ..Produced::default() })
    }
}
