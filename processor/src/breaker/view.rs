use super::OutageClass;
use std::{fmt, time::Duration};

/// An outage that lasts, as [`Handle::outages`](crate::Handle::outages) shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Outage {
    /// What is down.
    pub of: OutageOf,
    /// How it fails.
    pub class: OutageClass,
    /// Since it was noticed.
    pub age: Duration,
    /// An object that could not be read or processed, as `s3://bucket/key`, or the queue's URL.
    pub example: String,
    /// What was answered about it last.
    pub error: String,
    /// Tries since it was noticed that failed too.
    pub trials: u64,
    /// Objects that wait for its end. Their messages keep their leases, and take no slot.
    pub held: u64,
}

impl Outage {
    /// What an operator can do about it, in one line.
    pub fn remedy(&self) -> String {
        let service = match &self.of {
            OutageOf::Processor(name) => {
                return format!(
                    "look at what the processor `{name}` depends on, and at its error; records \
                     that cannot succeed should be rejected instead"
                );
            }
            OutageOf::Spool(dir) => {
                return format!(
                    "free space on the disk of {dir}, or see that this process may write there; \
                     no restart is needed"
                );
            }
            OutageOf::Bucket(_) => {
                "s3:GetObject (and s3:GetObjectVersion) on its objects and kms:Decrypt on their \
                 key, or stop the notifications of a bucket that is not meant to be read"
            }
            OutageOf::Queue => {
                "sqs:ReceiveMessage on the queue, and kms:Decrypt on its key if it has one"
            }
        };
        match self.class {
            OutageClass::Unreachable | OutageClass::Failing | OutageClass::Disk => {
                "check the network, DNS, any proxy and the service's health; it is tried until it \
                 answers"
                    .into()
            }
            OutageClass::Throttled => {
                "nothing, if it passes; else fewer consumers, or more key prefixes".into()
            }
            OutageClass::Denied => format!("allow {service}"),
            OutageClass::Credentials => {
                "renew the credentials, or look at what provides them; no restart is needed if \
                 they are read anew"
                    .into()
            }
        }
    }
}

/// What an outage is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum OutageOf {
    /// Objects of this bucket cannot be read: those that were announced wait.
    Bucket(String),
    /// Messages cannot be received: what is held goes on.
    Queue,
    /// Records fail for this processor, whatever object they are of: objects wait.
    Processor(String),
    /// Objects cannot be written to this directory, or not be read from it: see
    /// [`Spool`](crate::Spool).
    Spool(String),
}

impl fmt::Display for OutageOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "bucket {}", crate::record::Shown(name)),
            Self::Queue => f.write_str("queue"),
            Self::Processor(name) => write!(f, "processor {name}"),
            Self::Spool(dir) => write!(f, "spool {}", crate::record::Shown(dir)),
        }
    }
}

/// What is to be told to people.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Declared { outage: Outage, is_announced: bool },
    Over { outage: Outage, is_announced: bool },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trap_83_a_remedy_names_the_service_that_refused_and_what_to_allow() {
        let remedy = |of: OutageOf, class| {
            let (age, example, error) = (Duration::ZERO, String::new(), String::new());
            Outage { of, class, age, example, error, trials: 0, held: 0 }.remedy()
        };
        let bucket = || OutageOf::Bucket("b".into());
        let processor = || OutageOf::Processor("index".into());
        for (of, class, names, not) in [
            (bucket(), OutageClass::Denied, &["s3:GetObject", "kms:Decrypt"][..], "sqs:"),
            (OutageOf::Queue, OutageClass::Denied, &["sqs:ReceiveMessage", "kms:Decrypt"], "s3:"),
            (processor(), OutageClass::Failing, &["`index`"], "kms:"),
            (OutageOf::Spool("/d".into()), OutageClass::Disk, &["/d", "space"], "s3:"),
            (OutageOf::Queue, OutageClass::Credentials, &["credentials"], "s3:"),
            (bucket(), OutageClass::Unreachable, &["network"], "sqs:"),
        ] {
            let said = remedy(of, class);
            assert!(names.iter().all(|name| said.contains(name)) && !said.contains(not), "{said}");
        }
    }
}
