//! The conformance suite where no server is needed: on the embedded AWS and the ports in memory.
//!
//! The tests of `aws` run it on LocalStack, or on what `S3SQS_BACKEND` names.

/// Each case on an embedded AWS of its own, so that its clock may be moved.
mod embedded {
    use integration_tests::conformance::{Kind, Subject, check};
    use local_aws::{Backend, BackendKind};

    async fn run(area: &str) {
        let subject = async || {
            Subject::own(Backend::start(BackendKind::Embedded).await.expect("it starts")).await
        };
        check(Kind::Embedded, area, subject).await;
    }

    integration_tests::conformance_areas!(
        #[tokio::test]
        run
    );
}

/// In virtual time.
mod memory {
    use integration_tests::conformance::{Kind, Subject, check};

    async fn run(area: &str) {
        check(Kind::Memory, area, async || Subject::memory()).await;
    }

    integration_tests::conformance_areas!(
        #[tokio::test(start_paused = true)]
        run
    );
}

/// Progress is kept where no server is needed.
mod progress {
    use local_aws::{Backend, BackendKind};
    use s3_sqs_processor::{MemoryProgress, S3Progress, testing::check_progress_store};

    #[tokio::test]
    async fn in_memory() {
        let checked = check_progress_store(&MemoryProgress::new(), "00000000000000aa").await;
        assert_eq!(checked, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_the_embedded_s3() {
        let backend = Backend::start(BackendKind::Embedded).await.expect("it starts");
        let config = backend.sdk_config().await;
        let client = Backend::s3(&config);
        client.create_bucket().bucket("state").send().await.expect("it is made");
        let store = S3Progress::new(client.clone(), "state", "a/");
        assert_eq!(check_progress_store(&store, "00000000000000aa").await, Ok(()));
        let left = client.list_objects_v2().bucket("state").send().await.expect("it is listed");
        assert!(left.contents().is_empty(), "{:?}", left.contents());
        // A bucket that is not there is a mistake of whoever set it up.
        let wrong = S3Progress::new(client, "stat", "a/");
        let error = check_progress_store(&wrong, "00000000000000aa").await.expect_err("none");
        assert!(error.contains("s3://stat/a/00000000000000aa") && error.contains("NoSuchBucket"));
    }
}

/// What is declared fits together, and the document says the same.
mod declared {
    use integration_tests::conformance::{Kind, all, differences, documented};
    use std::collections::BTreeSet;

    #[test]
    fn every_area_has_a_test_and_every_case_a_name_of_its_own() {
        let cases = all();
        let areas: BTreeSet<_> = cases.iter().map(|case| case.area).collect();
        for tested in [super::embedded::AREAS, super::memory::AREAS] {
            assert_eq!(areas, tested.iter().copied().collect());
        }
        let names: BTreeSet<_> = cases.iter().map(|case| case.name).collect();
        assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn each_difference_is_one_of_a_case_that_is_run() {
        let cases = all();
        let mut seen = BTreeSet::new();
        for difference in differences() {
            let case = cases.iter().find(|case| case.name == difference.case);
            let case = case.unwrap_or_else(|| panic!("no case is called {:?}", difference.case));
            assert!(case.runs_on(difference.kind) && case.aws != difference.does, "{difference:?}");
            assert!(
                seen.insert((difference.kind.to_string(), difference.case)),
                "twice: {difference:?}"
            );
        }
        assert!(differences().all(|one| one.kind != Kind::Memory));
    }

    /// The embedded AWS may lack something, but does nothing otherwise than AWS.
    #[test]
    fn the_embedded_one_follows_aws() {
        let embedded: Vec<_> = differences().filter(|one| one.kind == Kind::Embedded).collect();
        assert!(embedded.iter().all(|one| one.does.starts_with("no ")), "{embedded:#?}");
    }

    #[test]
    fn the_document_has_the_differences() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/measured/servers.md");
        let document = std::fs::read_to_string(path).unwrap_or_default();
        let tables = documented();
        assert!(document.contains(&tables), "docs/measured/servers.md has to contain:\n\n{tables}");
    }
}
