use aws_sdk_sns::types::MessageAttributeValue;

use crate::world::{World, code};

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{queue}")
}

#[tokio::test]
async fn topics_and_subscriptions_are_made_found_and_removed() {
    let world = World::new().await;
    world.queue("q").await;
    let create = || world.sns.create_topic().name("t").send();
    let topic = create().await.unwrap().topic_arn.unwrap();
    assert_eq!(topic, "arn:aws:sns:us-east-1:000000000000:t");
    assert_eq!(create().await.unwrap().topic_arn.as_ref(), Some(&topic));
    let set = world
        .sns
        .set_topic_attributes()
        .topic_arn(&topic)
        .attribute_name("Policy")
        .attribute_value("{\"a\":\"<&>\"}");
    set.send().await.unwrap();
    let attributes = world
        .sns
        .get_topic_attributes()
        .topic_arn(&topic)
        .send()
        .await
        .unwrap()
        .attributes
        .unwrap();
    assert_eq!(attributes["Policy"], "{\"a\":\"<&>\"}");
    let subscribe = || world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn("q"));
    let subscription = subscribe().send().await.unwrap().subscription_arn.unwrap();
    assert_eq!(subscribe().send().await.unwrap().subscription_arn.as_ref(), Some(&subscription));
    let error = subscribe()
        .attributes("RawMessageDelivery", "true")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_invalid_parameter_exception());
    let set = world.sns.set_subscription_attributes().subscription_arn(&subscription);
    set.attribute_name("RawMessageDelivery").attribute_value("true").send().await.unwrap();
    let get = world
        .sns
        .get_subscription_attributes()
        .subscription_arn(&subscription)
        .send()
        .await
        .unwrap();
    assert_eq!(get.attributes.unwrap()["RawMessageDelivery"], "true");
    let list = world.sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap();
    assert_eq!(list.subscriptions()[0].endpoint(), Some(arn("q").as_str()));
    world.sns.unsubscribe().subscription_arn(&subscription).send().await.unwrap();
    let list = world.sns.list_subscriptions_by_topic().topic_arn(&topic).send().await.unwrap();
    assert!(list.subscriptions().is_empty());
    world.sns.delete_topic().topic_arn(&topic).send().await.unwrap();
    let error = world
        .sns
        .get_topic_attributes()
        .topic_arn(&topic)
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_not_found_exception(), "{}", code(&error));
}

#[tokio::test]
async fn a_notice_reaches_every_queue_that_wants_it() {
    let world = World::new().await;
    let topic = world.sns.create_topic().name("t").send().await.unwrap().topic_arn.unwrap();
    for (queue, attributes) in [
        ("envelope", vec![]),
        ("raw", vec![("RawMessageDelivery", "true")]),
        ("red", vec![("FilterPolicy", r#"{"colour":["red"]}"#)]),
        (
            "body",
            vec![
                ("FilterPolicyScope", "MessageBody"),
                ("FilterPolicy", r#"{"n":[{"numeric":[">",1]}]}"#),
            ],
        ),
    ] {
        world.queue(queue).await;
        let mut subscribe =
            world.sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(arn(queue));
        for (name, value) in attributes {
            subscribe = subscribe.attributes(name, value);
        }
        subscribe.send().await.unwrap();
    }
    let red =
        MessageAttributeValue::builder().data_type("String").string_value("red").build().unwrap();
    let publish = world.sns.publish().topic_arn(&topic).subject("s").message("{\"n\":1}");
    let id = publish.message_attributes("colour", red).send().await.unwrap().message_id.unwrap();
    world.sns.publish().topic_arn(&topic).message("{\"n\":2}").send().await.unwrap();
    let bodies = |queue: &str| {
        world.look(queue).messages.iter().map(|one| one.body.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(bodies("raw"), ["{\"n\":1}", "{\"n\":2}"]);
    assert_eq!([bodies("envelope").len(), bodies("red").len(), bodies("body").len()], [2, 1, 1]);
    let envelope: serde_json::Value = serde_json::from_str(&bodies("envelope")[0]).unwrap();
    assert_eq!(envelope["Type"], "Notification");
    assert_eq!(envelope["MessageId"], id);
    assert_eq!(envelope["TopicArn"], topic);
    assert_eq!(envelope["Subject"], "s");
    assert_eq!(envelope["Message"], "{\"n\":1}");
    assert_eq!(envelope["MessageAttributes"]["colour"]["Value"], "red");
}
