//! What `run` and `doctor` are told: by a flag, else by the environment, else by the file of
//! `--config`. A key is called alike everywhere: `--drain-timeout`, `PIPELINE_DRAIN_TIMEOUT`,
//! `drain-timeout = "30s"`.

mod file;
mod setting;

use crate::routes::RouteConfig;
use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use file::File;
use setting::{Origin, Setting};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

const VARIABLES: &str = "PIPELINE_";
/// About the configuration itself: a file does not say them.
const FILE: &str = "config";
const NOT_IN_FILES: [&str; 2] = [FILE, "print-config"];

/// Everything that one command was told, and by whom.
#[derive(Debug, Default)]
pub(crate) struct Config {
    settings: Vec<Setting>,
    /// Keys with a value of their own that nobody has set.
    defaults: Vec<Setting>,
    /// Keys that have no value at all.
    open: Vec<String>,
    file: File,
    /// Variables that look like settings and are none: a slip of the pen, perhaps.
    strange: Vec<String>,
}

impl Config {
    /// # Errors
    /// If a value is not understood: with file, line and key, or with the variable.
    pub(crate) fn gather(
        command: &Command,
        given: &ArgMatches,
        variables: &BTreeMap<OsString, OsString>,
    ) -> Result<Self, String> {
        let mut config = Self::default();
        let keys: Vec<(&Arg, &str)> = command
            .get_arguments()
            .filter(|arg| !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version))
            .filter_map(|arg| arg.get_long().map(|key| (arg, key)))
            .collect();
        for (arg, key) in &keys {
            let variable = variable(key);
            let set = variables.get(OsStr::new(&variable)).filter(|value| !value.is_empty());
            config.settings.extend(match (flag(arg, key, given), set) {
                (Some(setting), _) => Some(setting),
                (None, Some(value)) => Some(Setting::of_variable(arg, key, &variable, value)),
                (None, None) => None,
            });
        }
        if let Some(file) = config.settings.iter().find(|setting| setting.key == FILE) {
            config.file = File::read(file.path())?;
        }
        for (key, value) in config.file.values() {
            let mut in_files = keys.iter().filter(|(_, key)| !NOT_IN_FILES.contains(key));
            let Some((arg, key)) = in_files.clone().find(|(_, known)| *known == key) else {
                let known: Vec<_> = in_files.by_ref().map(|(_, key)| *key).collect();
                return Err(format!(
                    "{}: there is no such key; keys are {}, and [[route]]",
                    value.place(key),
                    known.join(", ")
                ));
            };
            if !config.settings.iter().any(|set| set.key == *key) {
                config.settings.push(Setting::of_file(arg, key, value)?);
            }
        }
        config.settings.iter().try_for_each(|setting| setting.check(command))?;
        for (arg, key) in keys.iter().filter(|(_, key)| !NOT_IN_FILES.contains(key)) {
            if config.settings.iter().any(|set| set.key == *key) {
                continue;
            }
            match Setting::of_default(arg, key) {
                Some(setting) => config.defaults.push(setting),
                None => config.open.push((*key).to_owned()),
            }
        }
        let names = variables.keys().filter_map(|name| name.to_str());
        config.strange = names
            .filter(|name| name.starts_with(VARIABLES))
            .filter(|name| !keys.iter().any(|(_, key)| variable(key) == **name))
            .map(str::to_owned)
            .collect();
        Ok(config)
    }

    /// The command line that says all of it.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = OsString> {
        self.settings.iter().flat_map(Setting::arguments)
    }

    /// What only a file can say.
    pub(crate) fn routes(&self) -> &[RouteConfig] {
        self.file.routes()
    }

    pub(crate) fn strange(&self) -> &[String] {
        &self.strange
    }

    /// As a file that says the same, with where each value comes from.
    pub(crate) fn show(&self) -> String {
        let mut text = String::new();
        let told = self.settings.iter().filter(|set| !NOT_IN_FILES.contains(&&*set.key));
        for setting in told {
            text += &setting.line();
        }
        for setting in &self.defaults {
            text += &setting.line();
        }
        if !self.open.is_empty() {
            text += &format!("# Not set: {}\n", self.open.join(", "));
        }
        if !self.strange.is_empty() {
            text += &format!("# Set, but no such key: {}\n", self.strange.join(", "));
        }
        text + &self.file.routes_text()
    }
}

fn variable(key: &str) -> String {
    format!("{VARIABLES}{}", key.replace('-', "_").to_uppercase())
}

fn flag(arg: &Arg, key: &str, given: &ArgMatches) -> Option<Setting> {
    let id = arg.get_id().as_str();
    if given.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    let values = given.get_raw(id).map(|values| values.map(OsStr::to_owned).collect());
    Some(Setting::new(arg, key, values.unwrap_or_default(), Origin::Flag))
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, Command, RunArgs};
    use std::{collections::BTreeMap, ffi::OsString};

    fn told(file: &str, line: &str, variables: &[(&str, &str)]) -> Result<Box<RunArgs>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipeline.toml");
        std::fs::write(&path, file).unwrap();
        let words = ["pipeline", "run"].into_iter().chain(line.split_whitespace());
        let mut words: Vec<OsString> = words.map(OsString::from).collect();
        words.extend(["--config".into(), path.into_os_string()]);
        let variables: BTreeMap<OsString, OsString> =
            variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        match Cli::told(&words, &variables) {
            Ok(Cli { command: Command::Run(args) }) => Ok(args),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_that_before_the_file() {
        let file = "queue-url = \"of the file\"\nsink = [\"null\", \"stdout\"]\nmessages = 7\n\
                    retries = 1\nuntil-empty = true\nrequester-pays = false\n";
        let variables = [
            ("PIPELINE_QUEUE_URL", "of the environment"),
            ("PIPELINE_RETRIES", "2"),
            ("PIPELINE_SKIP_SUFFIX", "a\nb"),
            ("PIPELINE_PROGRES", "s3://a"),
            ("PIPELINE_DRAIN_TIMEOUT", ""),
        ];
        let args = told(file, "--retries 3", &variables).unwrap();
        assert_eq!(args.queue_url, "of the environment");
        assert_eq!((args.sinks.len(), args.until_empty), (2, true));
        let shown = args.config.show();
        for line in [
            "queue-url = \"of the environment\"  # PIPELINE_QUEUE_URL\n",
            "sink = [\"null\", \"stdout\"]  # line 2\n",
            "messages = 7  # line 3\n",
            "retries = 3  # a flag\n",
            "until-empty = true  # line 5\n",
            "skip-suffix = [\"a\", \"b\"]  # PIPELINE_SKIP_SUFFIX\n",
            "decoder = \"json\"  # the default\n",
            "requester-pays = false  # line 6\n",
            "# Set, but no such key: PIPELINE_PROGRES\n",
        ] {
            assert!(shown.contains(line), "{line}{shown}");
        }
        assert!(shown.contains("# Not set: ") && shown.contains("drain-timeout, "), "{shown}");
        let again = told(&shown, "", &[]).unwrap();
        let said = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let mut lines: Vec<_> =
                lines.map(|line| line.split("  #").next().unwrap().to_owned()).collect();
            lines.sort();
            lines
        };
        assert_eq!(said(&again.config.show()), said(&shown));
    }

    #[test]
    fn routes_are_shown_as_they_are_written() {
        let file = "queue-url = \"u\"\nsink = \"null\"\nunmatched = \"skip\"\n[[route]]\n\
                    name = \"a\"\nprefix = [\"x\"]\n";
        let args = told(file, "", &[]).unwrap();
        let shown = args.config.show();
        assert!(shown.contains("\n[[route]]\nname = \"a\"\nprefix = [\"x\"]\n"), "{shown}");
        assert!(told(&shown, "", &[]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said_with_file_line_key_and_what_is_allowed() {
        let whole = "queue-url = \"u\"\nsink = \"null\"\n";
        for (file, line, variable, expected) in [
            ("sinks = \"null\"\n", "", "", &["pipeline.toml", "line 1", "sinks", "sink, "][..]),
            ("a = 1\nconfig = \"x\"\n", "", "", &["line 1", "a: there is no such key"]),
            ("print-config = true\n", "", "", &["line 1", "print-config: there is no such key"]),
            ("missing = \"maybe\"\n", "", "", &["line 1", "missing", "maybe", "fail, done"]),
            ("\n\nspool-bytes = \"x\"\n", "", "", &["line 3", "spool-bytes", "64MiB"]),
            ("messages = [1, 2]\n", "", "", &["line 1", "messages", "one value"]),
            ("until-empty = 1\n", "", "", &["line 1", "until-empty", "true or false"]),
            ("messages = { a = 1 }\n", "", "", &["line 1", "messages", "a text, a number"]),
            ("route = 1\n", "", "", &["line 1", "route", "[[route]]"]),
            ("[[route]\n", "", "", &["line 1", "pipeline.toml"]),
            (whole, "", "PIPELINE_RETRIES=many", &["PIPELINE_RETRIES", "many", "invalid digit"]),
            (whole, "", "PIPELINE_UNTIL_EMPTY=yes", &["PIPELINE_UNTIL_EMPTY", "true or false"]),
            (whole, "--retries many", "", &["--retries", "many"]),
            ("sink = \"null\"\n", "", "", &["--queue-url"]),
            ("queue-url = \"u\"\n", "", "", &["--sink"]),
            ("queue-url = \"u\"\nsink = \"null\"\nfail-times = 1\n", "", "", &["fail-matching"]),
        ] {
            let variables: Vec<_> = variable.split_once('=').into_iter().collect();
            let refused = told(file, line, &variables).map(drop).expect_err(file);
            for expected in expected {
                assert!(refused.contains(expected), "{file}{line}: no {expected} in: {refused}");
            }
        }
    }
}
