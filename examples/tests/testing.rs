//! How a service tests its own processors: the real pipeline, in memory and in virtual time.

use s3_sqs_processor::{
    Context, ProcessError, ProcessorOptions, Record, RecordProcessor, Retry, testing::Harness,
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Charges a card for each order; the payment service is down for the first calls.
#[derive(Default)]
struct Charge {
    calls: AtomicU32,
    down_for: u32,
}

impl RecordProcessor for Charge {
    async fn process(&self, record: Record<'_>, _cx: &Context) -> Result<(), ProcessError> {
        let order: serde_json::Value =
            serde_json::from_slice(record.payload()).map_err(ProcessError::reject)?;
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.down_for {
            return Err(ProcessError::retry("the payment service is down"));
        }
        order["cents"]
            .as_u64()
            .map(drop)
            .ok_or_else(|| ProcessError::reject("the order has no amount"))
    }
}

#[test]
fn orders_are_charged() {
    let report = Harness::new()
        .records("2026/11/20/orders", [r#"{"cents":100}"#, r#"{"cents":250}"#])
        .run(|pipeline| pipeline.processor("charge", Charge::default()));
    assert!(report.all_deleted());
    assert_eq!(report.stats.processors["charge"].done, 2);
}

#[test]
fn an_outage_of_the_payment_service_is_waited_out_in_place() {
    let charge = Charge { down_for: 3, ..Charge::default() };
    let retry = Retry::times(5).backoff(Duration::from_secs(10), Duration::from_secs(60));
    let report = Harness::new().records("orders", [r#"{"cents":100}"#]).run(|pipeline| {
        pipeline.processor_with("charge", ProcessorOptions::default().retry(retry), charge)
    });
    assert_eq!(report.message("orders").receive_count, 1, "the lease was kept meanwhile");
    assert_eq!(report.stats.processors["charge"].retried, 3);
    assert!(report.elapsed > Duration::from_secs(30), "of virtual time");
}

#[test]
fn an_order_without_an_amount_ends_in_the_dead_letter_queue_and_spares_the_others() {
    let report = Harness::new()
        .max_receives(2)
        .records("bad", [r#"{"cents":100}"#, "{}"])
        .records("good", [r#"{"cents":100}"#])
        .run(|pipeline| pipeline.processor("charge", Charge::default()));
    assert!(report.message("bad").dead_lettered && report.message("good").deleted);
    let failed: Vec<_> =
        report.failures.iter().map(|failed| (failed.key.as_str(), failed.index)).collect();
    assert_eq!(failed, [("bad", 1), ("bad", 1)]);
    assert!(report.failures[0].error.contains("no amount"));
}
