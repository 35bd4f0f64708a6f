//! The conformance suite on the server that the other tests use. On the embedded AWS and in memory
//! it is run by the tests of `conformance`, which need no server.

use crate::harness;
use integration_tests::conformance::{Kind, Subject, check};

async fn run(area: &str) {
    let _turn = harness::turn(false).await;
    let backend = harness::backend(harness::backend_kind()).await;
    check(Kind::of(backend.kind()), area, async || Subject::shared(backend).await).await;
}

integration_tests::conformance_areas!(
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    run
);
