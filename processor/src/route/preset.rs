use super::Route;
use std::{fmt, str::FromStr};

/// What AWS services write to buckets: the keys of their files, how these become records, and what
/// else they put beside them.
///
/// ```
/// use s3_sqs_processor::{Pipeline, Preset, from_fn};
///
/// let pipeline = Pipeline::builder()
///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/trail")
///     .processor("audit", from_fn(|_record, _cx| async { Ok(()) }))
///     .preset(Preset::CloudTrail)
///     .build()?;
/// # Ok::<_, s3_sqs_processor::BuildError>(())
/// ```
///
/// Where a service writes under a prefix or for some processors only, its routes are taken one by
/// one: [`route`](Self::route) and [`by_products`](Self::by_products).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preset {
    /// CloudTrail: each event is a record. Digests are skipped.
    CloudTrail,
    /// CloudWatch Logs subscriptions through Firehose: each log event is a record. Their keys are
    /// what Firehose is told, so all keys are taken: give the route a prefix, or put it last.
    CloudWatchLogs,
    /// Firehose error files: the original record and its error.
    FirehoseErrors,
    /// VPC flow logs as text: each flow is a record.
    VpcFlow,
    /// Access and connection logs of load balancers: each line is a record. Their test objects are
    /// skipped.
    Alb,
    /// CloudFront access logs: each request is a record.
    CloudFront,
    /// S3 server access logs: each line is a record.
    S3Access,
    /// AWS WAF logs: each request is a record.
    Waf,
    /// GuardDuty findings: each finding is a record.
    GuardDuty,
}

/// A preset's name, its decoder, its keys, and the keys of what stands beside them.
struct Files {
    name: &'static str,
    decoder: &'static str,
    keys: Option<&'static str>,
    beside: Option<&'static str>,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CloudTrail,
        Self::CloudWatchLogs,
        Self::FirehoseErrors,
        Self::VpcFlow,
        Self::Alb,
        Self::CloudFront,
        Self::S3Access,
        Self::Waf,
        Self::GuardDuty,
    ];

    /// As the services document their keys.
    fn files(self) -> Files {
        match self {
            Self::CloudTrail => Files {
                name: "cloudtrail",
                decoder: "json:Records",
                keys: Some(r"(^|/)AWSLogs/.+/CloudTrail(-Insight|-NetworkActivity)?/.+\.json\.gz$"),
                beside: Some(
                    r"(^|/)AWSLogs/.+/CloudTrail-Digest/|(^|/)AWSLogs/.+/CloudTrail[^/]*/$",
                ),
            },
            Self::CloudWatchLogs => Files {
                name: "cloudwatch-logs",
                decoder: "cloudwatch-logs",
                keys: None,
                beside: Some(r"(^|/)aws-logs-write-test$"),
            },
            Self::FirehoseErrors => Files {
                name: "firehose-errors",
                decoder: "firehose-errors",
                keys: Some(r"(^|/)[A-Za-z-]+-failed/"),
                beside: Some(r"(^|/)[A-Za-z-]+-failed/(.*/)?$"),
            },
            Self::VpcFlow => Files {
                name: "vpc-flow",
                decoder: "vpc-flow",
                keys: Some(r"(^|/)AWSLogs/.+/vpcflowlogs/.+\.log\.gz$"),
                beside: Some(r"(^|/)AWSLogs/.+/vpcflowlogs/(.*/)?$"),
            },
            Self::Alb => Files {
                name: "alb",
                decoder: "lines",
                keys: Some(r"(^|/)AWSLogs/.+/elasticloadbalancing/.+\.log(\.gz)?$"),
                beside: Some(r"(^|/)AWSLogs/[^/]+/ELB(Access|Connection)LogTestFile$"),
            },
            Self::CloudFront => Files {
                name: "cloudfront",
                decoder: "w3c",
                keys: Some(r"(^|/)E[A-Z0-9]+\.[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}\.[^/]+\.gz$"),
                beside: Some(r"(^|/)E[A-Z0-9]+/$"),
            },
            Self::S3Access => Files {
                name: "s3-access",
                decoder: "lines",
                keys: Some(r"[0-9]{4}(-[0-9]{2}){5}-[0-9A-F]{16}$"),
                beside: None,
            },
            Self::Waf => Files {
                name: "waf",
                decoder: "json",
                keys: Some(r"(^|/)AWSLogs/.+/WAFLogs/.+\.log\.gz$|(^|/)aws-waf-logs-[^/]+$"),
                beside: Some(r"(^|/)AWSLogs/.+/WAFLogs/(.*/)?$"),
            },
            Self::GuardDuty => Files {
                name: "guardduty",
                decoder: "json",
                keys: Some(r"(^|/)AWSLogs/.+/GuardDuty/.+\.jsonl\.gz$"),
                beside: Some(r"(^|/)AWSLogs/.+/GuardDuty/(.*/)?$"),
            },
        }
    }

    /// The route of its files, called as the preset is. Which decoder needs a feature that is off,
    /// [`build`](crate::Builder::build) says.
    pub fn route(self) -> Route {
        let Files { name, decoder, keys, .. } = self.files();
        let route = Route::new(name).format(decoder);
        keys.into_iter().fold(route, Route::regex)
    }

    /// The route that skips what stands beside them, if there is anything: folders, digests, test
    /// objects. It comes first.
    pub fn by_products(self) -> Option<Route> {
        let Files { name, beside, .. } = self.files();
        beside.map(|keys| Route::skip(format!("{name}: by-products")).regex(keys))
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.files().name)
    }
}

impl FromStr for Preset {
    type Err = String;

    /// # Errors
    /// If there is none of this name: the text has all that there are.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|preset| preset.files().name == name).ok_or_else(|| {
            let names = Self::ALL.map(|preset| preset.files().name).join(", ");
            format!("unknown preset {name:?}; there are {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys of each, as the services' documentation shows them, and whether they are files of it.
    const KEYS: [(Preset, &str, Option<bool>); 22] = {
        use Preset::*;
        const FILE: Option<bool> = Some(true);
        const BESIDE: Option<bool> = Some(false);
        [
            (CloudTrail, "AWSLogs/1/CloudTrail/us-east-1/2026/11/26/1_CloudTrail_x.json.gz", FILE),
            (CloudTrail, "p/AWSLogs/o-1/1/CloudTrail-Insight/us-east-1/2026/11/26/x.json.gz", FILE),
            (CloudTrail, "AWSLogs/1/CloudTrail-Digest/us-east-1/2026/11/26/x.json.gz", BESIDE),
            (CloudTrail, "AWSLogs/1/CloudTrail/", BESIDE),
            (CloudTrail, "AWSLogs/1/Config/x.json.gz", None),
            (CloudWatchLogs, "2026/11/26/08/stream-1-2026-11-26-08-00-00-x", FILE),
            (CloudWatchLogs, "aws-logs-write-test", BESIDE),
            (FirehoseErrors, "errors/processing-failed/2026/11/26/08/stream-1-x", FILE),
            (FirehoseErrors, "http-endpoint-failed/2026/11/26/08/stream-1-x", FILE),
            (FirehoseErrors, "2026/11/26/08/stream-1-x", None),
            (VpcFlow, "AWSLogs/1/vpcflowlogs/us-east-1/2026/11/26/1_x.log.gz", FILE),
            (VpcFlow, "AWSLogs/1/vpcflowlogs/us-east-1/2026/11/26/1_x.log.parquet", None),
            (Alb, "p/AWSLogs/1/elasticloadbalancing/us-east-1/2026/11/26/1_x.log.gz", FILE),
            (Alb, "p/AWSLogs/1/ELBAccessLogTestFile", BESIDE),
            (CloudFront, "p/EMLARXS9EXAMPLE.2026-11-26-20.RT4KCN4SGK9.gz", FILE),
            (CloudFront, "p/index.html", None),
            (S3Access, "logs/2026-11-26-00-20-29-B81A7E4A3AFA3C44", FILE),
            (S3Access, "logs/other", None),
            (Waf, "AWSLogs/1/WAFLogs/us-east-1/acl/2026/11/26/08/00/1_x.log.gz", FILE),
            (Waf, "2026/11/26/08/aws-waf-logs-acl-1-2026-11-26-08-00-00-x", FILE),
            (GuardDuty, "AWSLogs/1/GuardDuty/us-east-1/2026/11/26/x.jsonl.gz", FILE),
            (GuardDuty, "AWSLogs/1/GuardDuty/", BESIDE),
        ]
    };

    #[test]
    fn trap_19_files_and_by_products_are_told_apart() {
        for (preset, key, expected) in KEYS {
            let is = |route: Route| {
                let conditions = route.conditions.compile().expect("it can be asked");
                conditions.are_met("bucket", key, None)
            };
            let beside = preset.by_products().is_some_and(is);
            let found = match (beside, is(preset.route())) {
                (true, _) => Some(false),
                (false, true) => Some(true),
                (false, false) => None,
            };
            assert_eq!(found, expected, "{preset} {key}");
        }
    }

    #[test]
    fn names_are_read_as_they_are_shown() {
        for preset in Preset::ALL {
            assert_eq!(preset.to_string().parse(), Ok(preset));
        }
        let refused = "trail".parse::<Preset>().expect_err("there is none");
        assert!(refused.contains("there are cloudtrail, cloudwatch-logs"), "{refused}");
    }
}
