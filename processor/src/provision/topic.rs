//! The topic, and who may publish to it.

use super::location::Location;
use super::plan::Plan;
use super::{ProvisionError, policy};

const POLICY: &str = "Policy";

/// Makes sure that the topic exists and that the bucket may publish to it.
///
/// A topic made here lets nothing else publish: it is created with its policy instead of the one
/// that SNS would give it.
pub(super) async fn ensure(
    sns: &aws_sdk_sns::Client,
    plan: &Plan,
    topic_arn: &str,
    bucket_arn: &str,
    location: &Location,
    changes: &mut Vec<String>,
) -> Result<(), ProvisionError> {
    let name = &plan.topic;
    let owner = format!("the topic `{name}`");
    let statement =
        policy::bucket_may_publish(&plan.bucket, bucket_arn, topic_arn, &location.account);
    let attributes = match sns.get_topic_attributes().topic_arn(topic_arn).send().await {
        Ok(found) => Some(found.attributes.unwrap_or_default()),
        Err(error)
            if error.as_service_error().is_some_and(|error| error.is_not_found_exception()) =>
        {
            None
        }
        Err(error) => {
            return Err(ProvisionError::request(
                format_args!("read the attributes of {owner}"),
                error,
            ));
        }
    };
    let exists = attributes.is_some();
    let existing =
        attributes.as_ref().and_then(|attributes| attributes.get(POLICY)).map(String::as_str);
    let Some(policy) = policy::with_statement(existing, statement, &owner)? else {
        return Ok(());
    };
    if exists {
        let request = sns
            .set_topic_attributes()
            .topic_arn(topic_arn)
            .attribute_name(POLICY)
            .attribute_value(policy);
        let set = request.send().await;
        set.map_err(|error| {
            ProvisionError::request(format_args!("set the policy of {owner}"), error)
        })?;
        changes.push(format!("set the policy of {owner}"));
        return Ok(());
    }
    let created = sns.create_topic().name(name).attributes(POLICY, policy).send().await;
    let created =
        created.map_err(|error| ProvisionError::request(format_args!("create {owner}"), error))?;
    if created.topic_arn() != Some(topic_arn) {
        let found = created.topic_arn().unwrap_or("none");
        return Err(ProvisionError::conflict(format!(
            "{owner} has the ARN `{found}`, expected was `{topic_arn}`; use clients of one \
             account and one region"
        )));
    }
    changes.push(format!("created {owner}"));
    Ok(())
}
