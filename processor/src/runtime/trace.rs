//! What OpenTelemetry is told of a message's span beside what everybody sees, by the names of its
//! conventions for messaging. Without the feature `opentelemetry` that is nothing.

use crate::{notification::NotifiedObject, record::Message, tracking::Outcome};
use tracing::{Span, info_span};

/// A message's span, from its receive to its end. It goes on with the trace of who sent the
/// message.
pub(crate) fn message(message: &Message, receive_count: u32, queue: &str) -> Span {
    let message_id = message.id();
    #[cfg(feature = "opentelemetry")]
    {
        let name = queue.rsplit('/').next().unwrap_or_default();
        let span = info_span!(
            "message",
            message_id,
            receive_count,
            // Written only where somebody looks.
            otel.name = %format_args!("process {name}"),
            otel.kind = "consumer"
        );
        told::message(&span, message, receive_count, queue);
        span
    }
    #[cfg(not(feature = "opentelemetry"))]
    {
        let _ = queue;
        info_span!("message", message_id, receive_count)
    }
}

pub(crate) fn object(span: &Span, object: &NotifiedObject) {
    #[cfg(feature = "opentelemetry")]
    told::object(span, object);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = (span, object);
}

pub(crate) fn ended(span: &Span, outcome: Outcome) {
    #[cfg(feature = "opentelemetry")]
    told::ended(span, outcome);
    #[cfg(not(feature = "opentelemetry"))]
    let _ = (span, outcome);
}

#[cfg(feature = "opentelemetry")]
mod told {
    use super::{Message, NotifiedObject, Outcome, Span};
    use opentelemetry::{
        Context,
        trace::{
            SpanContext, SpanId, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
        },
    };
    use tracing_opentelemetry::OpenTelemetrySpanExt as _;

    pub(super) fn message(span: &Span, message: &Message, receive_count: u32, queue: &str) {
        if span.is_disabled() {
            return;
        }
        if let Some(sender) = message.trace_header().and_then(sender) {
            // It fails where no layer of OpenTelemetry looks at the span.
            let _ = span.set_parent(Context::new().with_remote_span_context(sender));
        }
        let name = queue.rsplit('/').next().unwrap_or_default().to_owned();
        span.set_attribute("messaging.system", "aws_sqs");
        span.set_attribute("messaging.operation.name", "process");
        span.set_attribute("messaging.operation.type", "process");
        span.set_attribute("messaging.destination.name", name);
        span.set_attribute("messaging.message.id", message.id().to_owned());
        span.set_attribute("s3_sqs.queue", queue.to_owned());
        span.set_attribute("s3_sqs.receive_count", i64::from(receive_count));
    }

    pub(super) fn object(span: &Span, object: &NotifiedObject) {
        if span.is_disabled() {
            return;
        }
        span.set_attribute("aws.s3.bucket", object.bucket.clone());
        span.set_attribute("aws.s3.key", object.key.clone());
    }

    pub(super) fn ended(span: &Span, outcome: Outcome) {
        if span.is_disabled() {
            return;
        }
        let name = match outcome {
            Outcome::Deleted => "deleted",
            Outcome::Released(_) => "released",
            Outcome::Kept => "kept",
            Outcome::LeaseLost => "lease lost",
            Outcome::LeftToTimeOut => "left to time out",
            Outcome::Abandoned => "abandoned",
        };
        span.set_attribute("s3_sqs.outcome", name);
        let is_deleted = outcome == Outcome::Deleted;
        span.set_status(if is_deleted { Status::Ok } else { Status::error(name) });
    }

    /// `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`, in any order.
    fn sender(header: &str) -> Option<SpanContext> {
        let part = |name: &str| {
            let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
            parts.find(|(found, _)| *found == name).map(|(_, value)| value)
        };
        let (epoch, rest) = part("Root")?.strip_prefix("1-")?.split_once('-')?;
        let trace = TraceId::from_hex(&format!("{epoch}{rest}")).ok()?;
        let parent = SpanId::from_hex(part("Parent")?).ok()?;
        // Where nobody has decided, it is for us to do.
        let is_sampled = part("Sampled") != Some("0");
        let flags = TraceFlags::default().with_sampled(is_sampled);
        let sender = SpanContext::new(trace, parent, flags, true, TraceState::default());
        sender.is_valid().then_some(sender)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_header_of_x_ray_is_understood() {
            let of = |text: &str| {
                sender(text).map(|sender| {
                    let ids = (sender.trace_id().to_string(), sender.span_id().to_string());
                    (ids.0, ids.1, sender.is_sampled())
                })
            };
            let (trace, parent) = ("5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8");
            let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
            let known = |sampled| Some((trace.to_owned(), parent.to_owned(), sampled));
            assert_eq!(of(&format!("{root};Parent={parent};Sampled=1")), known(true));
            assert_eq!(of(&format!("Parent={parent}; Sampled=0; Self=x;{root}")), known(false));
            assert_eq!(of(&format!("{root};Parent={parent};Sampled=?")), known(true));
            for wrong in ["", "nonsense", root, "Root=1-x-y;Parent=z", "Root=1-0-0;Parent=0"] {
                assert_eq!(of(wrong), None, "{wrong}");
            }
        }
    }
}
