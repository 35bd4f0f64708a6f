use super::{SECOND, world::World};
use crate::port::{Queue, Receive};

/// The service delivers the message to another consumer, who keeps it for so many seconds. Meant
/// for pipelines without a free slot: others might get it themselves.
pub(super) async fn steal(world: &World, message: &str, seconds: u32) {
    world.queue.deliver_again(message);
    let receive = Receive { max: 1, visibility_timeout: seconds * SECOND, wait: SECOND };
    let stolen = world.queue.consumer().receive(receive).await.expect("nothing goes wrong");
    assert_eq!(stolen.iter().map(|stolen| stolen.told.id.as_str()).collect::<Vec<_>>(), [message]);
}
