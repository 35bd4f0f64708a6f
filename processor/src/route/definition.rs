use super::conditions::Conditions;
use crate::config::{Finish, Missing, Spool};
use crate::decode::{Decoder, Format, ParseFormatError};
use std::{fmt, ops::RangeBounds, sync::Arc};

/// What is done with some of the objects: a rule from bucket, key and size to a decoder,
/// processors and limits, or to nothing.
///
/// Routes are asked in the order in which they were [added](crate::Builder::route); the first that
/// matches decides. The name is the route's identity in logs, counters and
/// [`in_flight`](crate::Handle::in_flight).
///
/// A route matches if every kind of condition that it has is met. Of several conditions of one kind
/// (two prefixes, say) one is enough. A route without conditions matches everything: as the last
/// one it takes the rest.
///
/// ```
/// use s3_sqs_processor::{Pipeline, Route, Unmatched, decode::lines, from_fn};
///
/// let done = || from_fn(|_record, _cx| async { Ok(()) });
/// let pipeline = Pipeline::builder()
///     .queue_url("https://sqs.eu-west-1.amazonaws.com/123456789012/logs")
///     .processor("orders", done())
///     .processor("audit", done())
///     .route(Route::skip("markers").suffix("/").suffix("_SUCCESS").empty())
///     .route(Route::new("access").prefix("access/").decoder(lines()).processors(["audit"]))
///     .route(Route::new("orders").bucket("orders").keys("orders/**/*.json.gz"))
///     .unmatched(Unmatched::Keep)
///     .build()?;
/// # Ok::<_, s3_sqs_processor::BuildError>(())
/// ```
#[derive(Clone)]
#[must_use = "a route does nothing until it is added to a pipeline"]
pub struct Route {
    pub(super) name: String,
    pub(super) skips: bool,
    pub(super) conditions: Conditions,
    /// Or the name that stands for none.
    pub(super) decoder: Option<Result<Arc<dyn Decoder>, ParseFormatError>>,
    pub(super) processors: Option<Vec<String>>,
    pub(super) limits: RouteLimits,
    pub(super) finish: Option<Finish>,
    pub(super) missing: Option<Missing>,
    /// Or none.
    pub(super) spool: Option<Option<Spool>>,
}

/// Limits of its own; the pipeline's where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RouteLimits {
    pub(super) record_bytes: Option<usize>,
    pub(super) object_bytes: Option<u64>,
    pub(super) compression_ratio: Option<u32>,
    pub(super) failed_records: Option<u64>,
}

/// What becomes of objects that no route matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unmatched {
    /// Their message counts as not understood: nothing of it is read, it is kept, and the queue's
    /// redrive policy moves it to the dead-letter queue. An object that nobody thought of is not
    /// lost.
    #[default]
    Keep,
    /// They are acknowledged and counted, as by a route that skips.
    Skip,
}

impl Route {
    /// A route whose objects are processed. Names must differ: 1 to 128 bytes without control
    /// characters.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            skips: false,
            conditions: Conditions::default(),
            decoder: None,
            processors: None,
            limits: RouteLimits::default(),
            finish: None,
            missing: None,
            spool: None,
        }
    }

    /// A route whose objects are acknowledged without being read, and counted: folder markers,
    /// manifests, test objects.
    ///
    /// A message whose objects are all skipped is deleted.
    pub fn skip(name: impl Into<String>) -> Self {
        Self { skips: true, ..Self::new(name) }
    }

    /// Objects of this bucket.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.conditions.buckets.push(name.into());
        self
    }

    /// Keys that begin so. Keys are compared decoded, letter by letter.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.conditions.prefixes.push(prefix.into());
        self
    }

    /// Keys that end so: `.csv.gz`, `/_SUCCESS`.
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.conditions.suffixes.push(suffix.into());
        self
    }

    /// Keys that this glob matches as a whole: `AWSLogs/**`, `*/2026/??/*.json`.
    ///
    /// `?` stands for one character and `*` for any number of them, both but for `/`; `**` for any
    /// number of folders, as a whole part of the path; `[ab]` and `{a,b}` for one of these; a
    /// backslash takes a character's meaning away.
    pub fn keys(mut self, glob: impl Into<String>) -> Self {
        self.conditions.globs.push(glob.into());
        self
    }

    /// Keys in which this regular expression (of the crate `regex`) is found anywhere; `^` and `$`
    /// tie it to the key's ends.
    pub fn regex(mut self, expression: impl Into<String>) -> Self {
        self.conditions.expressions.push(expression.into());
        self
    }

    /// Objects of so many bytes, as they are stored: `1..`, `..=1024`.
    ///
    /// The size is the one that the notification tells. Where it tells none, this is not met.
    pub fn size(mut self, bytes: impl RangeBounds<u64>) -> Self {
        self.conditions.size = Some((bytes.start_bound().cloned(), bytes.end_bound().cloned()));
        self
    }

    /// Objects without a byte: [`size`](Self::size) 0.
    pub fn empty(self) -> Self {
        self.size(0..=0)
    }

    /// How these objects become records. Default: as the pipeline's
    /// [`decoder`](crate::Builder::decoder) says.
    pub fn decoder(mut self, decoder: impl Decoder) -> Self {
        self.decoder = Some(Ok(Arc::new(decoder)));
        self
    }

    /// The same, by the decoder's name: `json:Records`, `csv`. See [`Format`]. A name that is none
    /// is refused by [`build`](crate::Builder::build).
    pub fn format(mut self, name: &str) -> Self {
        let format = name.parse::<Format>();
        self.decoder = Some(format.map(|format| Arc::new(format) as Arc<dyn Decoder>));
        self
    }

    /// The processors that every record of these objects is given to, by name. Default: all.
    pub fn processors(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.processors = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// What becomes of these objects when all is done, in place of the pipeline's
    /// [`finish`](crate::Builder::finish).
    pub fn finish(mut self, finish: Finish) -> Self {
        self.finish = Some(finish);
        self
    }

    /// What it means if one of these objects is not there, in place of the pipeline's
    /// [`missing`](crate::Builder::missing).
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = Some(missing);
        self
    }

    /// Where these objects are downloaded to before anything of them is processed, in place of the
    /// pipeline's [`spool`](crate::Builder::spool). `None`: they are read as they come.
    pub fn spool(mut self, spool: impl Into<Option<Spool>>) -> Self {
        self.spool = Some(spool.into());
        self
    }

    /// How large one record may be, in place of [`Limits::record_bytes`].
    ///
    /// [`Limits::record_bytes`]: crate::Limits::record_bytes
    pub fn record_bytes(mut self, bytes: usize) -> Self {
        self.limits.record_bytes = Some(bytes);
        self
    }

    /// How large an object may be, decompressed, in place of [`Limits::object_bytes`].
    ///
    /// [`Limits::object_bytes`]: crate::Limits::object_bytes
    pub fn object_bytes(mut self, bytes: u64) -> Self {
        self.limits.object_bytes = Some(bytes);
        self
    }

    /// How many bytes one compressed byte may decompress to, in place of
    /// [`Limits::compression_ratio`].
    ///
    /// [`Limits::compression_ratio`]: crate::Limits::compression_ratio
    pub fn compression_ratio(mut self, ratio: u32) -> Self {
        self.limits.compression_ratio = Some(ratio);
        self
    }

    /// How many records of one object may fail before the rest of its message is cut short, in
    /// place of [`Limits::failed_records`].
    ///
    /// [`Limits::failed_records`]: crate::Limits::failed_records
    pub fn failed_records(mut self, records: u64) -> Self {
        self.limits.failed_records = Some(records);
        self
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("name", &self.name)
            .field("skips", &self.skips)
            .field("conditions", &self.conditions)
            .field(
                "decoder",
                &self.decoder.as_ref().map(|decoder| decoder.as_ref().map(|it| it.identity())),
            )
            .field("processors", &self.processors)
            .field("limits", &self.limits)
            .field("finish", &self.finish)
            .field("missing", &self.missing)
            .field("spool", &self.spool)
            .finish()
    }
}
