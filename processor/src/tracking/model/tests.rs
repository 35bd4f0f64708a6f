use super::{
    chance::Chance,
    setup::{FAULTS, SLOTS, TERMS, TIMEOUTS},
    *,
};
use proptest::prelude::*;
use std::panic::AssertUnwindSafe;

fn setups() -> impl Strategy<Value = Setup> {
    let numbers = (any::<u64>(), 1..30_usize);
    let choices = (0..TIMEOUTS.len(), 0..TERMS.len(), 0..SLOTS.len(), 0..FAULTS.len());
    (numbers, choices).prop_map(|((seed, messages), (timeout, term, slots, faults))| Setup {
        seed,
        visibility_timeout: TIMEOUTS[timeout],
        max_term: TERMS[term],
        slots: SLOTS[slots],
        messages,
        faults: FAULTS[faults],
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_invariants_hold_whatever_happens(
        setup in setups(),
        steps in prop::collection::vec((0..100_u8, any::<u32>()), 1..120),
    ) {
        run(&setup, &steps);
    }
}

#[test]
fn the_invariants_hold_for_fixed_seeds() {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    let seeds = match number("S3SQS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("S3SQS_SEEDS").unwrap_or(400),
    };
    for seed in seeds {
        let setup = Setup::from_seed(seed);
        let mut chance = Chance::new(!seed);
        let steps: Vec<_> =
            (0..150).map(|_| (chance.below(100) as u8, chance.next() as u32)).collect();
        if std::panic::catch_unwind(AssertUnwindSafe(|| run(&setup, &steps))).is_err() {
            panic!(
                "{setup:?}\nreplay it: \
                 S3SQS_SEED={seed} cargo test -p s3-sqs-processor --lib the_invariants_hold_for"
            );
        }
    }
}
