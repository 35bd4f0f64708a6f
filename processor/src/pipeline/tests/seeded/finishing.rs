use super::{
    super::world::World,
    scenario::{Lead, Message},
    table::Fault,
};
use crate::{Builder, Finish, Missing, port::PortErrorKind, testing::Random};

/// Whether objects are deleted when they are done.
#[derive(Debug, Clone)]
pub(super) struct Finishing {
    is_on: bool,
    /// How the first requests to delete one fail.
    refusals: Vec<PortErrorKind>,
}

impl Finishing {
    /// In two scenarios of five, where nothing else makes objects be missing: that would count as
    /// done.
    pub(super) fn new(seed: u64, lead: Option<Lead>, messages: &[Message]) -> Self {
        // Apart, so that what else a seed draws stays.
        let random = &mut Random::new(seed ^ 0x6669_6e69);
        let is_removed = lead.is_some_and(|lead| lead.fault == Fault::Removed);
        let is_missing =
            messages.iter().flat_map(Message::objects).any(|object| object.is_missing_once());
        let is_on = random.chance(400) && !is_removed && !is_missing;
        let kinds = [PortErrorKind::Transient, PortErrorKind::Throttled, PortErrorKind::Denied];
        let failures = if lead.is_some() { random.below(12) } else { 0 };
        let refusals = (0..failures).map(|_| kinds[random.below(3) as usize]).collect();
        Self { is_on, refusals }
    }

    pub(super) fn set_up(&self, world: &World) {
        world.store.refuse_to_finish(self.refusals.iter().copied());
    }

    pub(super) fn add_to(&self, builder: Builder) -> Builder {
        match self.is_on {
            true => builder.finish(Finish::delete_as_sole_consumer()).missing(Missing::Done),
            false => builder,
        }
    }
}
