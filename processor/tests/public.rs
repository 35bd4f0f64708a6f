//! What applications rely on beside the names: public types can be sent, shared, shown, and (where
//! plain data) cloned.

use s3_sqs_processor::{
    Ack, BatchError, BatchOptions, BuildError, BuildErrorKind, Builder, Context, DeferredOptions,
    Format, Handle, InFlight, Lease, Limits, ObjectRef, Outage, OutageClass, OutageOf, OwnedRecord,
    Pipeline, ProcessError, ProcessorOptions, QuarantinedRecord, Record, RecordId, Redelivery,
    Replay, Retry, RunError, RunErrorKind, State, Stats,
};
use std::{error::Error, fmt::Debug, hash::Hash};

fn sent<T: Send + Debug>() {}
fn shared<T: Send + Sync + Debug>() {}
fn data<T: Send + Sync + Debug + Clone + Eq>() {}
fn kind<T: Send + Sync + Debug + Copy + Eq + Hash>() {}
fn error<T: Error + Send + Sync + 'static>() {}

/// That it compiles is the test.
#[test]
fn public_types_have_the_traits_that_applications_need() {
    sent::<Builder>();
    sent::<Pipeline>();
    shared::<Ack>();
    shared::<Handle>();
    shared::<Context>();
    shared::<Record<'_>>();
    shared::<OwnedRecord>();
    shared::<ObjectRef>();
    shared::<ProcessError>();
    shared::<BatchError>();
    data::<Format>();
    data::<QuarantinedRecord>();
    data::<Replay>();
    data::<BatchOptions>();
    data::<DeferredOptions>();
    data::<ProcessorOptions>();
    data::<Lease>();
    data::<Limits>();
    data::<Retry>();
    data::<Redelivery>();
    data::<Stats>();
    data::<InFlight>();
    data::<Outage>();
    data::<OutageOf>();
    kind::<RecordId>();
    kind::<State>();
    kind::<OutageClass>();
    kind::<BuildErrorKind>();
    kind::<RunErrorKind>();
    error::<BuildError>();
    error::<RunError>();
}

/// A running pipeline can be a task.
#[test]
fn the_future_of_a_run_can_be_spawned() {
    fn spawned<F: Future + Send + 'static>(_: fn(Pipeline) -> F) {}
    spawned(Pipeline::run);
    spawned(|pipeline| pipeline.run_until(std::future::pending()));
}
