//! A service that stores records in PostgreSQL, each once, in batches.
//!
//! ```sh
//! QUEUE_URL=... DATABASE_URL=postgres://... cargo run -p examples --example postgres
//! ```
//!
//! The record's id is the primary key: a record that comes twice is stored once. While the database
//! is down, what is held waits for it, and no message is lost to the dead-letter queue. A row that
//! the database refuses is rejected alone.

use s3_sqs_processor::{
    BatchError, BatchProcessor, Context, Pipeline, ProcessError, Record, ResultExt as _,
    stop_signal,
};
use serde::Deserialize;
use std::error::Error;
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls, error::SqlState};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS orders (
    id text PRIMARY KEY,
    customer text NOT NULL,
    amount_cents bigint NOT NULL CHECK (amount_cents >= 0)
)";

/// One statement for a batch of any size. `DO NOTHING`: the same id is the same record.
const INSERT: &str = "INSERT INTO orders SELECT * FROM UNNEST($1::text[], $2::text[], $3::int8[])
    ON CONFLICT (id) DO NOTHING";

#[derive(Deserialize)]
struct Order {
    customer: String,
    amount_cents: i64,
}

pub(crate) struct Orders {
    url: String,
    /// Connections that nobody uses just now.
    idle: Mutex<Vec<Client>>,
}

impl Orders {
    pub(crate) fn new(url: String) -> Self {
        Self { url, idle: Mutex::default() }
    }

    async fn client(&self) -> Result<Client, tokio_postgres::Error> {
        if let Some(client) = self.idle.lock().await.pop() {
            return Ok(client);
        }
        // With TLS in production: the crate `tokio-postgres-rustls`, say.
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        Ok(client)
    }

    async fn store(&self, rows: &Rows) -> Result<(), tokio_postgres::Error> {
        let client = self.client().await?;
        client.execute(INSERT, &[&rows.ids, &rows.customers, &rows.amounts]).await?;
        // One that failed is not used again.
        self.idle.lock().await.push(client);
        Ok(())
    }
}

/// The columns of a batch.
#[derive(Default)]
struct Rows {
    ids: Vec<String>,
    customers: Vec<String>,
    amounts: Vec<i64>,
}

impl BatchProcessor for Orders {
    async fn process_batch(&self, records: &[Record<'_>], _cx: &Context) -> Result<(), BatchError> {
        let (mut rows, mut refused) = (Rows::default(), Vec::new());
        for (index, record) in records.iter().enumerate() {
            match record.json::<Order>().or_reject() {
                Ok(order) => {
                    rows.ids.push(record.id().to_string());
                    rows.customers.push(order.customer);
                    rows.amounts.push(order.amount_cents);
                }
                Err(error) => refused.push((index, error)),
            }
        }
        // The statement stores all rows or none.
        self.store(&rows).await.map_err(verdict)?;
        BatchError::of(refused)
    }
}

/// What the database says of values is about the batch, which is then halved until the row stands
/// alone. All else passes: it is restarted, full, or out of reach.
fn verdict(error: tokio_postgres::Error) -> BatchError {
    let of_values =
        |state: &SqlState| state.code().starts_with("22") || state.code().starts_with("23");
    let is_final = error.code().is_some_and(of_values);
    BatchError::whole(if is_final {
        ProcessError::reject(error)
    } else {
        ProcessError::retry(error)
    })
}

#[tokio::main]
#[allow(dead_code, reason = "its test has a pipeline of its own")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let of = |name| std::env::var(name).map_err(|_| format!("set {name}"));
    let pipeline = Pipeline::builder()
        .queue_url(of("QUEUE_URL")?)
        .batch_processor("orders", Orders::new(of("DATABASE_URL")?))
        .build()?;
    pipeline.run_until(stop_signal()).await?;
    Ok(())
}
