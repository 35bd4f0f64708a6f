//! Whole decoders, fed in every way that a network may choose.

mod blocks;
mod bombs;
mod gzip;
mod json;
mod limits;
mod lines;

use super::{
    Block, Decoder, Framing,
    model::{self, AMPLE, Arrival, Outcome, decode, decode_as},
};

/// Arrivals for property tests: mostly small pieces and small blocks.
fn arrivals() -> impl proptest::strategy::Strategy<Value = Arrival> {
    use proptest::prelude::{Just, Strategy, any, prop_oneof};
    let sizes = proptest::collection::vec(
        prop_oneof![4 => 0usize..8, 2 => 1usize..80, 1 => Just(usize::MAX)],
        1..6,
    );
    // Only empty chunks would never get anywhere.
    let sizes = sizes.prop_map(|mut sizes| {
        sizes.push(3);
        sizes
    });
    (sizes, any::<bool>(), prop_oneof![1usize..10, 10usize..300, Just(64 * 1024)])
        .prop_map(|(chunks, end_known, block)| Arrival { chunks, end_known, block })
}

#[test]
fn decoders_and_blocks_can_move_between_threads() {
    fn check<T: Send + 'static>() {}
    check::<Decoder>();
    check::<Block>();
}

#[test]
fn trap_17_an_object_of_zero_bytes_is_complete_and_has_no_records() {
    for framing in [Framing::Json, Framing::Lines, Framing::Whole] {
        for object in [Vec::new(), gzip::member(b"")] {
            let outcome = decode_as(framing, AMPLE, &object, &Arrival::in_chunks_of(1));
            assert_eq!(
                outcome,
                Outcome { records: vec![], faults: vec![], end: Ok(()) },
                "{framing}"
            );
        }
    }
}

#[test]
fn trap_18_an_object_without_records_is_complete() {
    for (framing, text) in
        [(Framing::Json, " \r\n\t\n"), (Framing::Json, "\u{feff}"), (Framing::Lines, "\n\r\n\n")]
    {
        for object in [text.as_bytes().to_vec(), gzip::member(text.as_bytes())] {
            let outcome = decode(framing, &object);
            assert_eq!(
                outcome,
                Outcome { records: vec![], faults: vec![], end: Ok(()) },
                "{framing} {text:?}"
            );
        }
    }
}
