use super::report::Finding;
use aws_sdk_sqs::config::{
    ConfigBag, Intercept, RuntimeComponents,
    interceptors::BeforeDeserializationInterceptorContextRef,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// A difference that answers and the rounding of their dates do not explain.
const MUCH: Duration = Duration::from_secs(30);

/// How far this machine's clock is from AWS's: answers carry their date.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Option<(SystemTime, SystemTime)>>>);

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), aws_sdk_sqs::error::BoxError> {
        let there = context.response().headers().get("date").and_then(date);
        if let Some(there) = there {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((SystemTime::now(), there));
        }
        Ok(())
    }
}

impl Clock {
    pub(super) fn finding(&self) -> Option<Finding> {
        let (here, there) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let (off, how) = match here.duration_since(there) {
            Ok(ahead) => (ahead, "ahead of"),
            Err(behind) => (behind.duration(), "behind"),
        };
        if off < MUCH {
            return Some(Finding::ok("this machine's clock agrees with that of AWS"));
        }
        Some(Finding::wrong(format!("this machine's clock is {} s {how} AWS's", off.as_secs())).so(
            "from five minutes on AWS refuses what is signed here; ages and lags are wrong by \
                 as much",
            "have the clock set from the network (chrony, systemd-timesyncd)",
        ))
    }
}

/// `Fri, 27 Nov 2026 11:51:23 GMT`
fn date(text: &str) -> Option<SystemTime> {
    aws_sdk_sqs::primitives::DateTime::from_str(
        text,
        aws_sdk_sqs::primitives::DateTimeFormat::HttpDate,
    )
    .ok()
    .and_then(|date| SystemTime::try_from(date).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_from_one_that_is_not() {
        let there = date("Fri, 27 Nov 2026 11:51:23 GMT").unwrap();
        for (here, expected) in [
            (there + Duration::from_secs(2), "agrees"),
            (there - Duration::from_secs(2), "agrees"),
            (there + Duration::from_secs(400), "400 s ahead of"),
            (there - Duration::from_secs(60), "60 s behind"),
        ] {
            let clock = Clock(Arc::new(Mutex::new(Some((here, there)))));
            let found = format!("{:?}", clock.finding());
            assert!(found.contains(expected), "{found}");
        }
        assert!(Clock::default().finding().is_none());
    }
}
