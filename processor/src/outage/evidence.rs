use super::OutageClass;
use crate::tracking::Moment;
use std::collections::BTreeMap;

/// Which objects failed alike since the last success. Bounded: of each class no more objects than
/// make a crowd.
#[derive(Debug, Default)]
pub(super) struct Evidence(BTreeMap<OutageClass, Crowd>);

#[derive(Debug, Default)]
struct Crowd {
    objects: Vec<String>,
    complete: Option<Moment>,
    /// Of the failure known last.
    error: String,
}

impl Evidence {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, class: OutageClass, object: &str, error: &str, now: Moment) {
        let crowd = self.0.entry(class).or_default();
        if crowd.complete.is_some() || crowd.objects.iter().any(|known| known == object) {
            return;
        }
        crowd.objects.push(object.to_owned());
        crowd.error = error.to_owned();
        if crowd.objects.len() >= class.crowd() {
            crowd.complete = Some(now);
        }
    }

    /// When an outage of this class will be declared unless something succeeds.
    pub(super) fn declared_at(&self, class: OutageClass) -> Option<Moment> {
        self.0.get(&class)?.complete.map(|complete| complete + class.confirm())
    }

    /// The class of which a crowd stands for long enough, with an object and its error.
    pub(super) fn confirmed(&self, now: Moment) -> Option<(OutageClass, String, String)> {
        let confirmed =
            |class: &&OutageClass| self.declared_at(**class).is_some_and(|at| now >= at);
        let class = *self.0.keys().find(confirmed)?;
        let crowd = &self.0[&class];
        Some((class, crowd.objects.last()?.clone(), crowd.error.clone()))
    }

    /// Something disproves what is remembered of these classes.
    pub(super) fn forget(&mut self, is_disproved: impl Fn(OutageClass) -> bool) {
        self.0.retain(|class, _| !is_disproved(*class));
    }

    /// How many objects are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(|crowd| crowd.objects.len()).sum()
    }
}
