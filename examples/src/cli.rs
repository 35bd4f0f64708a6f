//! The command line.

use crate::{
    config::Config,
    ends::{OnMissing, after_success},
    location::Location,
    options::{self, Options},
    produce::{self, Compression},
    routes::RouteArgs,
    sink::NamedSink,
};
use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::NonEmptyStringValueParser, error::ErrorKind, value_parser,
};
use s3_sqs_processor::{Finish, Format};
use std::{collections::BTreeMap, ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

/// Turns Firehose-style files on S3 into settled records: an example of the s3-sqs-processor
/// library.
#[derive(Debug, Parser)]
#[command(name = "pipeline", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Ends the process where it is not understood.
    pub(crate) fn of_the_process() -> Self {
        let (words, variables): (Vec<_>, _) =
            (std::env::args_os().collect(), std::env::vars_os().collect());
        Self::told(&words, &variables).unwrap_or_else(|error| error.exit())
    }

    /// What a command line comes to, with these variables around it.
    pub(crate) fn told(
        words: &[OsString],
        variables: &BTreeMap<OsString, OsString>,
    ) -> Result<Self, clap::Error> {
        let mut all = Self::command();
        all.build();
        // What is needed may be said elsewhere.
        let lenient =
            all.clone().mut_subcommands(|command| match CONFIGURED.contains(&command.get_name()) {
                true => command.mut_args(|arg| arg.required(false)),
                false => command,
            });
        let given = lenient.clone().try_get_matches_from(words)?;
        let Some((name, of_command)) =
            given.subcommand().filter(|(name, _)| CONFIGURED.contains(name))
        else {
            return Self::from_arg_matches(&all.try_get_matches_from(words)?);
        };
        let command = lenient.find_subcommand(name).expect("it was found before");
        let config = Config::gather(command, of_command, variables)
            .map_err(|wrong| all.error(ErrorKind::ValueValidation, wrong))?;
        let program = words.first().cloned().unwrap_or_default();
        let words = [program, name.into()].into_iter().chain(config.arguments());
        let mut cli = Self::from_arg_matches(&all.try_get_matches_from_mut(words)?)?;
        match &mut cli.command {
            Command::Run(args) => {
                args.config = config;
                args.check().map_err(|(kind, wrong)| all.error(kind, wrong))?;
            }
            Command::Doctor(args) => args.run.config = config,
            _ => {}
        }
        Ok(cli)
    }
}

/// The commands that a file and the environment may tell about.
const CONFIGURED: [&str; 2] = ["run", "doctor"];

/// What a filter policy looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilterScope {
    /// The body: S3's event
    #[default]
    Body,
    /// The attributes of the message, of which S3 sends none
    Attributes,
}

/// How a summary is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// For people
    #[default]
    Text,
    /// One line of JSON
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell the whole story on an AWS inside this process: no account, no Docker, a few seconds
    Demo(DemoArgs),
    /// Create bucket, topic, queue, dead-letter queue and policies; print where they are as JSON
    Provision(ProvisionArgs),
    /// Write files of records to a bucket, named as Firehose names them
    Produce(ProduceArgs),
    /// Process what a queue announces, until SIGTERM or SIGINT (or until it is empty)
    Run(Box<RunArgs>),
    /// Look for what is wrong with a set-up: queue, dead letters, topic, subscription, bucket,
    /// permissions, region, clock. It only reads
    Doctor(Box<DoctorArgs>),
    /// Show what `run --quarantine` put aside, and have it processed once more
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuarantineCommand {
    /// One line for each file: its name, when it was stored, how many records, of what, and why
    List(QuarantineArgs),
    /// The records, payloads and all, as lines of JSON
    Show(QuarantineArgs),
    /// Send messages that have the records processed once more, and keep the files below replayed/
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    /// Where they were put aside
    #[arg(value_name = "s3://BUCKET/PREFIX")]
    pub(crate) location: Location,
    /// Files, by their names [default: all]
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Where they were put aside
    #[arg(value_name = "s3://BUCKET/PREFIX")]
    pub(crate) location: Location,
    /// Files, by their names
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    #[arg(required_unless_present = "all")]
    pub(crate) names: Vec<String>,
    /// All that are listed
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,
    /// The queue to send to, instead of the one that the records came from
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) queue_url: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many files to produce
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = value_parser!(u32).range(1..=2_000))]
    pub(crate) files: u32,
    /// How many records in each file
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = value_parser!(u32).range(1..=5_000))]
    pub(crate) records: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ProvisionArgs {
    /// Name of bucket, topic and queue; the dead-letter queue is NAME-dlq
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// The bucket, if it is called otherwise
    #[arg(long, value_name = "NAME")]
    pub(crate) bucket: Option<String>,
    /// The topic, if it is called otherwise
    #[arg(long, value_name = "NAME")]
    pub(crate) topic: Option<String>,
    /// A queue on the topic, for one service; may be given several times [default: NAME]
    #[arg(long = "queue", value_name = "NAME")]
    pub(crate) queues: Vec<String>,
    /// One dead-letter queue for all of them [default: QUEUE-dlq for each]
    #[arg(long, value_name = "NAME")]
    pub(crate) dead_letter_queue: Option<String>,
    /// Announce only objects whose keys begin so; an empty one removes a prefix
    #[arg(long)]
    pub(crate) prefix: Option<String>,
    /// Announce only objects whose keys end so
    #[arg(long)]
    pub(crate) suffix: Option<String>,
    /// After so many receives a message goes to the dead-letter queue [default: 5]
    #[arg(long, value_name = "N")]
    pub(crate) max_receives: Option<u16>,
    /// How long a received message stays hidden: 30s, 5m [default: 30s, or as it is]
    #[arg(long, value_name = "TIME", value_parser = options::time)]
    pub(crate) visibility_timeout: Option<Duration>,
    /// How long a queue keeps a message: 96h, say [default: 96h, or as it is]
    #[arg(long, value_name = "TIME", value_parser = options::time)]
    pub(crate) retention: Option<Duration>,
    /// Whether SNS leaves out its envelope [default: as it is, or false]
    #[arg(long, value_name = "BOOL")]
    pub(crate) raw_delivery: Option<bool>,
    /// Let only messages through that fit this policy (JSON); {} removes one
    #[arg(long, value_name = "JSON")]
    pub(crate) filter_policy: Option<String>,
    /// What the filter policy looks at
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) filter_scope: FilterScope,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ProduceArgs {
    /// The bucket to write to
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    pub(crate) bucket: String,
    /// What the keys begin with, before Firehose's YYYY/MM/DD/HH/
    #[arg(long, default_value = "")]
    pub(crate) prefix: String,
    /// How many files to write
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) files: u32,
    /// How many records in each file
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub(crate) records: u32,
    /// Between the records: a newline, or nothing, which is what Firehose does unless told
    /// otherwise
    #[arg(long, value_enum, default_value_t = produce::Format::Concatenated)]
    pub(crate) format: produce::Format,
    /// How the files are compressed
    #[arg(long, value_enum, default_value_t = Compression::Gzip)]
    pub(crate) compression: Compression,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The queue to consume
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) queue_url: String,
    /// Where records go: jsonl:PATH or sqlite:PATH, which keep them; or stdout or null, which do
    /// not. May be given several times: each is one processor, called NAME or else by its kind
    #[arg(long = "sink", value_name = "[NAME=]KIND")]
    pub(crate) sinks: Vec<NamedSink>,
    /// How a file becomes records: json, lines, whole, auto, csv, tsv, w3c, vpc-flow,
    /// cloudwatch-logs, firehose-errors, or json:PATH for the elements of a list (json:Records);
    /// docs/formats.md has them all
    #[arg(long, value_name = "HOW", default_value_t)]
    pub(crate) decoder: Format,
    /// End when the queue is empty: nothing held here, nothing visible, hidden or delayed there
    #[arg(long)]
    pub(crate) until_empty: bool,
    /// Add a processor that fails records containing TEXT; may be given several times
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) fail_matching: Vec<String>,
    /// Fail such a record only the first N times [default: always]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub(crate) fail_times: Option<u32>,
    /// Add a processor that aborts the process when it is handed a record containing TEXT; may be
    /// given several times
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) crash_matching: Vec<String>,
    /// Remember there which records are settled, so that they are not done again: a place that the
    /// bucket does not announce
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    pub(crate) progress: Option<Location>,
    /// How often that is saved while a file is worked on [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = options::time)]
    pub(crate) progress_every: Option<Duration>,
    /// Put single bad records aside there, so that the rest of their file goes on: a place that the
    /// bucket does not announce
    #[arg(long, value_name = "s3://BUCKET/PREFIX")]
    pub(crate) quarantine: Option<Location>,
    /// When a file's message is deleted, delete the file (as its sole consumer), or tag it
    #[arg(long, value_name = "delete|tag:KEY=VALUE|keep", value_parser = after_success)]
    pub(crate) after_success: Option<Finish>,
    /// What a file means that is not there: a failure, or that it is done [default: fail, or done
    /// where files are deleted]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) missing: Option<OnMissing>,
    /// Download each file there as a whole, and find it in order, before any of its records is
    /// processed
    #[arg(long, value_name = "DIR")]
    pub(crate) spool: Option<PathBuf>,
    /// How much of that directory's disk is used at most [default: 10GiB]
    #[arg(long, value_name = "SIZE", value_parser = options::size)]
    pub(crate) spool_bytes: Option<u64>,
    /// Show what goes on at this address: / (a page), /metrics (Prometheus), /livez, /readyz
    #[arg(long, value_name = "ADDR", value_parser = value_parser!(SocketAddr))]
    pub(crate) http: Option<SocketAddr>,
    /// How the summary is written to stderr
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) summary: Show,
    /// A TOML file that says any of these, and routes: which keys go to which decoder and sinks. A
    /// flag goes before a variable (PIPELINE_QUEUE_URL, say), and that before the file
    #[arg(long = "config", id = "config", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// Print what all of it comes to, as such a file, and end
    #[arg(long)]
    pub(crate) print_config: bool,
    /// Who said what.
    #[arg(skip)]
    pub(crate) config: Config,
    #[command(flatten)]
    pub(crate) routes: RouteArgs,
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// An object to try, s3://BUCKET/KEY; may be given several times [default: one of each bucket]
    #[arg(long = "object", value_name = "s3://BUCKET/KEY")]
    pub(crate) objects: Vec<Location>,
    /// What `run` would be told: sinks are not needed, and not opened.
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

impl RunArgs {
    /// What one argument has to do with another.
    fn check(&self) -> Result<(), (ErrorKind, String)> {
        let missing = |what: &str| Err((ErrorKind::MissingRequiredArgument, what.to_owned()));
        if self.sinks.is_empty() && self.fail_matching.is_empty() && self.crash_matching.is_empty()
        {
            return missing("there is nowhere to send records to: give --sink");
        }
        // Names are identities: two processors of one name would be one in logs and counters.
        let names: Vec<_> = self.sinks.iter().map(|sink| &sink.name).collect();
        let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
        if let Some((_, name)) = twice {
            let wrong =
                format!("two sinks are called `{name}`: name them, as in --sink first={name}:...");
            return Err((ErrorKind::ValueValidation, wrong));
        }
        if self.fail_times.is_some() && self.fail_matching.is_empty() {
            return missing("--fail-times needs --fail-matching");
        }
        if self.progress_every.is_some() && self.progress.is_none() {
            return missing("--progress-every needs --progress");
        }
        if self.spool_bytes.is_some() && self.spool.is_none() {
            return missing("--spool-bytes needs --spool");
        }
        if self.routes.are_given() && !self.config.routes().is_empty() {
            let wrong = "the file of --config has routes: leave those out, or --preset, \
                         --only-prefix and --skip-suffix";
            return Err((ErrorKind::ArgumentConflict, wrong.to_owned()));
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(crate) struct AwsArgs {
    /// Where AWS is, instead of AWS_ENDPOINT_URL: http://127.0.0.1:4566 for LocalStack, say
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    pub(crate) endpoint_url: Option<String>,
}

pub(crate) fn endpoint(text: &str) -> Result<String, String> {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err("an endpoint begins with http:// or https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::SinkKind;

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = std::iter::once("pipeline").chain(line.split_whitespace());
        let words: Vec<_> = words.map(OsString::from).collect();
        let told = Cli::told(&words, &BTreeMap::new());
        told.map(|cli| cli.command).map_err(|error| error.kind())
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn counts_have_bounds() {
        for line in [
            "demo --files 0",
            "demo --files 2001",
            "demo --records 5001",
            "demo --records -1",
            "produce --bucket b --files 0 --records 1",
            "produce --bucket b --files 1 --records 1000001",
            "run --queue-url u --fail-matching x --fail-times 0",
            "run --queue-url u --sink null --drain-timeout 5",
            "run --queue-url u --sink null --buffered-bytes much",
        ] {
            let kind = parse(line).expect_err(line);
            assert!(
                matches!(kind, ErrorKind::ValueValidation | ErrorKind::UnknownArgument),
                "{line}: {kind:?}"
            );
        }
        assert!(parse("demo --files 2000 --records 5000").is_ok());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (line, expected) in [
            ("run --queue-url u --sink kafka", ErrorKind::ValueValidation),
            ("run --queue-url u --sink jsonl:", ErrorKind::ValueValidation),
            ("run --queue-url u --sink sqlite::memory:", ErrorKind::ValueValidation),
            ("run --queue-url u --sink sqlite:file:x?mode=memory", ErrorKind::ValueValidation),
            ("run --queue-url u --sink null --sink null", ErrorKind::ValueValidation),
            ("run --queue-url u --sink a=null --sink a=stdout", ErrorKind::ValueValidation),
            ("run --queue-url u", ErrorKind::MissingRequiredArgument),
            ("run --queue-url u --decoder avro", ErrorKind::ValueValidation),
            ("run --queue-url u --sink null --fail-times 1", ErrorKind::MissingRequiredArgument),
            (
                "run --queue-url u --sink null --endpoint-url 127.0.0.1:4566",
                ErrorKind::ValueValidation,
            ),
            ("run --queue-url u --sink null --progress state/a", ErrorKind::ValueValidation),
            (
                "run --queue-url u --sink null --progress-every 1s",
                ErrorKind::MissingRequiredArgument,
            ),
            ("run", ErrorKind::MissingRequiredArgument),
            ("run --queue-url u --sink null --after-success tag:a", ErrorKind::ValueValidation),
            ("run --queue-url u --sink null --missing maybe", ErrorKind::InvalidValue),
            ("run --queue-url u --sink null --http 9090", ErrorKind::ValueValidation),
            ("run --queue-url u --sink null --spool-bytes 1", ErrorKind::MissingRequiredArgument),
            ("quarantine list", ErrorKind::MissingRequiredArgument),
            ("quarantine list state/a", ErrorKind::ValueValidation),
            ("quarantine replay s3://state/a", ErrorKind::MissingRequiredArgument),
            ("quarantine replay s3://state/a b --all", ErrorKind::ArgumentConflict),
            ("run --queue-url u --sink null --config /no/such/file", ErrorKind::ValueValidation),
            ("produce --bucket b --files 1 --records 1 --compression zip", ErrorKind::InvalidValue),
            ("provision", ErrorKind::MissingRequiredArgument),
        ] {
            assert_eq!(parse(line).expect_err(line), expected, "{line}");
        }
    }

    #[test]
    fn sinks_and_texts_may_be_given_several_times() {
        let line = "run --queue-url u --sink null --sink jsonl:a:b --sink mine=jsonl:c=d \
                    --sink sqlite:c --fail-matching x --fail-matching y --crash-matching z";
        let Ok(Command::Run(args)) = parse(line) else { panic!("{line}") };
        assert_eq!(
            args.sinks,
            [
                ("null", SinkKind::Null),
                ("jsonl", SinkKind::Jsonl("a:b".into())),
                ("mine", SinkKind::Jsonl("c=d".into())),
                ("sqlite", SinkKind::Sqlite("c".into()))
            ]
            .map(|(name, kind)| NamedSink { name: name.to_owned(), kind })
        );
        assert_eq!(args.fail_matching, ["x", "y"]);
        assert_eq!(args.crash_matching, ["z"]);
        assert_eq!((args.fail_times, args.until_empty), (None, false));
        assert_eq!(args.decoder, Format::default());
    }
}
