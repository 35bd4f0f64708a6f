use super::errors::map;
use crate::port::{PortError, ProgressError, ProgressStore, ProgressTag};
use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    primitives::Blob,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use bytes::Bytes;
use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use xxhash_rust::xxh3::xxh3_128;

/// Keeps progress in a DynamoDB table, whose answers come sooner than those of S3. See
/// [`Builder::progress`](crate::Builder::progress).
///
/// The table needs a partition key `name` of type string, and no sort key. Items have the
/// attributes `bytes`, `tag` and `expires` (seconds since 1970): make the last one the table's
/// time to live, so that what messages left in dead-letter queues is deleted. The credentials need
/// `dynamodb:GetItem`, `dynamodb:PutItem` and `dynamodb:DeleteItem` on the table.
///
/// An item is 400 KB at most (*Amazon DynamoDB Developer Guide*, "Quotas"). A set of some million
/// records of which every second one is done would be larger: it is not saved, and counted as
/// failed.
#[derive(Debug, Clone)]
pub struct DynamoDbProgress {
    client: Client,
    table: String,
    retention: Duration,
}

impl DynamoDbProgress {
    /// In this table. Nothing is sent yet. `retention`: after so long an item that nobody deleted
    /// may go; give the queue's retention.
    pub fn new(client: Client, table: impl Into<String>, retention: Duration) -> Self {
        Self { client, table: table.into(), retention }
    }

    fn error(&self, error: &PortError) -> ProgressError {
        ProgressError::failed(format!("table {}: {error}", self.table))
    }

    fn item(&self, name: &str, bytes: Bytes, tag: &str) -> HashMap<String, AttributeValue> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires = now.saturating_add(self.retention).as_secs();
        let text = |text: &str| AttributeValue::S(text.to_owned());
        HashMap::from([
            ("name".to_owned(), text(name)),
            ("bytes".to_owned(), AttributeValue::B(Blob::new(bytes))),
            ("tag".to_owned(), text(tag)),
            ("expires".to_owned(), AttributeValue::N(expires.to_string())),
        ])
    }
}

impl ProgressStore for DynamoDbProgress {
    async fn load(&self, name: &str) -> Result<Option<(Bytes, ProgressTag)>, ProgressError> {
        let key = AttributeValue::S(name.to_owned());
        let request = self.client.get_item().table_name(&self.table).key("name", key);
        let found = request.consistent_read(true).send().await;
        let found = found.map_err(|error| self.error(&map("reading progress", error)))?;
        let Some(mut item) = found.item else { return Ok(None) };
        match (item.remove("bytes"), item.remove("tag")) {
            (Some(AttributeValue::B(bytes)), Some(AttributeValue::S(tag))) => {
                Ok(Some((bytes.into_inner().into(), ProgressTag::new(tag))))
            }
            _ => {
                let text = format!("table {}: item {name} is no progress", self.table);
                Err(ProgressError::failed(text))
            }
        }
    }

    async fn save(
        &self,
        name: &str,
        bytes: Bytes,
        replaces: Option<&ProgressTag>,
    ) -> Result<ProgressTag, ProgressError> {
        let tag = format!("{:032x}", xxh3_128(&bytes));
        let item = self.item(name, bytes, &tag);
        let request = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let request = match replaces {
            None => request
                .condition_expression("attribute_not_exists(#name)")
                .expression_attribute_names("#name", "name"),
            Some(seen) => request
                .condition_expression("#tag = :seen")
                .expression_attribute_names("#tag", "tag")
                .expression_attribute_values(":seen", AttributeValue::S(seen.as_str().to_owned())),
        };
        let none = ReturnValuesOnConditionCheckFailure::None;
        match request.return_values_on_condition_check_failure(none).send().await {
            Ok(_) => Ok(ProgressTag::new(tag)),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {
                Err(ProgressError::conflict())
            }
            Err(error) => Err(self.error(&map("saving progress", error))),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), ProgressError> {
        let key = AttributeValue::S(name.to_owned());
        let request = self.client.delete_item().table_name(&self.table).key("name", key);
        let deleted = request.send().await.map_err(|error| map("deleting progress", error));
        deleted.map(drop).map_err(|error| self.error(&error))
    }
}
