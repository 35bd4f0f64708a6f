use std::{fmt, time::Duration};

/// How requests fail during an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[non_exhaustive]
pub enum OutageClass {
    /// No answer, or a fault of the service.
    Unreachable,
    /// The service asks for less.
    Throttled,
    /// Not allowed, by a policy or by the key that objects are encrypted with.
    Denied,
    /// The credentials are missing, expired or wrong.
    Credentials,
}

impl OutageClass {
    /// What an operator can do about it, in one line.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Unreachable => {
                "check the network, DNS, any proxy and the service's health; it is tried until it \
                 answers"
            }
            Self::Throttled => "nothing, if it passes; else fewer consumers, or more key prefixes",
            Self::Denied => {
                "allow s3:GetObject (and s3:GetObjectVersion) on the objects and kms:Decrypt on \
                 their key, or stop the notifications of a bucket that is not meant to be read"
            }
            Self::Credentials => {
                "renew the credentials, or look at what provides them; no restart is needed if \
                 they are read anew"
            }
        }
    }

    /// Whether the service answers, and says no. Such an answer may be about some objects only.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(self, Self::Denied | Self::Credentials)
    }

    /// How long a crowd has to stand.
    pub(super) fn confirm(self) -> Duration {
        if self.is_refusal() { super::CONFIRM_REFUSAL } else { super::CONFIRM }
    }

    /// How many different objects show that it is not about them. Credentials never are about an
    /// object.
    pub(super) fn crowd(self) -> usize {
        if self == Self::Credentials { 1 } else { super::CROWD }
    }
}

impl fmt::Display for OutageClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "unreachable",
            Self::Throttled => "throttled",
            Self::Denied => "denied",
            Self::Credentials => "no valid credentials",
        })
    }
}
