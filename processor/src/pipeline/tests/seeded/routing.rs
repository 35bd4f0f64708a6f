use crate::{Builder, Route, testing::Random};

/// Which processors get which objects.
#[derive(Debug, Clone)]
pub(super) struct Routing {
    /// For each place of an object in its message, those whose turn it is; none: it is skipped.
    /// Empty without routes.
    by_place: Vec<Vec<usize>>,
    processors: usize,
}

impl Routing {
    /// Routes in one scenario of five. `spares_first`: the first object of a message, which what is
    /// tried depends on, goes to all.
    pub(super) fn new(seed: u64, processors: usize, spares_first: bool) -> Self {
        // Apart, so that what else a seed draws stays.
        let random = &mut Random::new(seed ^ 0x0070_7572);
        let all = || (0..processors).collect::<Vec<_>>();
        let by_place = match random.chance(200) {
            true => (0..3)
                .map(|place| match random.below(4) {
                    _ if place == 0 && spares_first => all(),
                    0 if place > 0 => Vec::new(),
                    1 => all(),
                    _ => vec![random.below(processors as u64) as usize],
                })
                .collect(),
            false => Vec::new(),
        };
        Self { by_place, processors }
    }

    /// The processors that get this object's records.
    pub(super) fn of(&self, key: &str) -> Vec<usize> {
        let place = key.split_once('/').and_then(|(_, rest)| rest.chars().next()?.to_digit(10));
        let routed = place.and_then(|place| self.by_place.get(place as usize));
        routed.cloned().unwrap_or_else(|| (0..self.processors).collect())
    }

    pub(super) fn is_skipped(&self, key: &str) -> bool {
        self.of(key).is_empty()
    }

    pub(super) fn add_to(&self, builder: Builder, names: &[String]) -> Builder {
        if self.by_place.is_empty() {
            return builder;
        }
        let routes = self.by_place.iter().enumerate().map(|(place, processors)| {
            let name = format!("place {place}");
            let route = match processors.is_empty() {
                true => Route::skip(name),
                false => Route::new(name)
                    .processors(processors.iter().map(|processor| names[*processor].clone())),
            };
            // In each way once.
            match place {
                0 => route.keys("*/0 *"),
                1 => route.regex("^[0-9]+/1 "),
                _ => route.suffix(format!("/{place} +%.json")),
            }
        });
        // Every processor has to be in one.
        routes.fold(builder, Builder::route).route(Route::new("rest"))
    }
}
