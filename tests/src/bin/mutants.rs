//! Puts each fault of [`mutation::ALL`] into a copy of the sources, runs the tests that name a trap
//! and the simulations on it, and prints who noticed.
//!
//! `cargo run -p integration-tests --bin mutants`, or with parts of names: `... -- lease 12`. About
//! a minute each. `... -- --seeds` takes the faults that the seeded simulation has to notice by
//! itself, and runs nothing else on them. `S3SQS_SEEDS` says how many seeds are tried. The status
//! is 1 if a fault went unnoticed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use integration_tests::mutation::{self, Mutation, SIMULATIONS};
use std::{
    env, fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// What is copied of the workspace.
const SOURCES: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
    "README.md",
    ".clippy.toml",
    "docs",
    "processor",
    "examples",
    "localstack",
    "tests",
];
/// The simulation of the whole runtime, seed after seed.
const SEEDED: &str = "whatever_happens_the_invariants_hold";
/// Stands in what a seed says when it fails; its number follows.
const SEED: &str = "S3SQS_SEED=";
/// A fault may make the tests hang.
const PATIENCE: Duration = Duration::from_secs(240);

/// What the tests said of the sources as they are.
enum Verdict {
    DoesNotBuild(String),
    Ran(Tests),
}

#[derive(Default)]
struct Tests {
    failed: Vec<String>,
    /// The seed that failed.
    seed: Option<String>,
    hung: bool,
}

/// What is run on each fault.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// The tests that name a trap, and every simulation.
    All,
    Seeds,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("mutants: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<bool> {
    let (flags, wanted): (Vec<_>, Vec<_>) =
        env::args().skip(1).partition(|argument| argument == "--seeds");
    let scope = if flags.is_empty() { Scope::All } else { Scope::Seeds };
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace has a root").to_owned();
    let tree = Tree::copy(&root)?;
    match tree.test(scope)? {
        Verdict::Ran(Tests { failed, hung: false, .. }) if failed.is_empty() => {}
        Verdict::Ran(Tests { failed, .. }) => {
            return Err(io::Error::other(format!("the tests fail without a fault: {failed:?}")));
        }
        Verdict::DoesNotBuild(text) => return Err(io::Error::other(text)),
    }
    let (mut noticed, mut unnoticed) = (0, 0);
    let in_scope = mutation::ALL.iter().filter(|mutation| scope == Scope::All || mutation.seeded);
    for mutation in in_scope.filter(|mutation| is_wanted(mutation, &wanted)) {
        let faulty = mutation.apply(&tree.root)?;
        let path = tree.root.join(mutation.file);
        let sound = fs::read_to_string(&path)?;
        fs::write(&path, faulty)?;
        let verdict = tree.test(scope);
        fs::write(&path, sound)?;
        if is_noticed(mutation, verdict?, scope) { noticed += 1 } else { unnoticed += 1 }
    }
    println!("{noticed} faults noticed, {unnoticed} not");
    Ok(unnoticed == 0)
}

fn is_wanted(mutation: &Mutation, wanted: &[String]) -> bool {
    wanted.is_empty()
        || wanted
            .iter()
            .any(|part| mutation.name.contains(part) || *part == mutation.trap.to_string())
}

/// Says who noticed the fault, and whether those did who should.
fn is_noticed(mutation: &Mutation, verdict: Verdict, scope: Scope) -> bool {
    let Mutation { name, trap, simulated, seeded, .. } = mutation;
    let Tests { failed, seed, hung } = match verdict {
        Verdict::DoesNotBuild(text) => {
            println!("BROKEN    {trap:>2}  {name}: does not compile; adapt the list\n{text}");
            return false;
        }
        Verdict::Ran(tests) => tests,
    };
    let named = failed.iter().filter(|test| test.contains(&format!("::trap_{trap:02}_"))).count();
    let simulations: Vec<_> = failed
        .iter()
        .filter(|test| SIMULATIONS.iter().any(|part| test.starts_with(part)))
        .collect();
    let by_seed = !seeded || hung || seed.is_some();
    let noticed = match scope {
        Scope::All => {
            (named > 0 || hung) && (!simulated || hung || !simulations.is_empty()) && by_seed
        }
        Scope::Seeds => by_seed,
    };
    println!(
        "{}  {trap:>2}  {name}: {named} of the trap's tests, {} of the simulations, {} in all \
         failed{}{}",
        if noticed { "noticed " } else { "UNNOTICED" },
        simulations.len(),
        failed.len(),
        seed.map(|seed| format!(", seed {seed}")).unwrap_or_default(),
        if hung { ", and some never ended" } else { "" },
    );
    noticed
}

/// A copy of the sources, so that nobody's work is touched. What they depend on is built once for
/// both.
struct Tree {
    root: PathBuf,
    target: PathBuf,
}

impl Tree {
    fn copy(from: &Path) -> io::Result<Self> {
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| from.join("target"), PathBuf::from);
        let root = target.join("mutants");
        if root.exists() {
            fs::remove_dir_all(&root)?;
        }
        for name in SOURCES {
            copy(&from.join(name), &root.join(name))?;
        }
        Ok(Self { root, target })
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .args(["test", "--quiet", "--lib", "--no-fail-fast"])
            .args(["--package", "s3-sqs-processor", "--package", "s3-sqs-decode"])
            // Built in a tenth of the time, which is more than the tests lose by it.
            .args(["--config", "profile.dev.package.s3-sqs-processor.opt-level=0"])
            .current_dir(&self.root);
        // A fault may leave something unused.
        cargo.env("CARGO_TARGET_DIR", &self.target).env_remove("RUSTFLAGS").stdin(Stdio::null());
        cargo
    }

    fn test(&self, scope: Scope) -> io::Result<Verdict> {
        let built = self.cargo().arg("--no-run").output()?;
        if !built.status.success() {
            return Ok(Verdict::DoesNotBuild(String::from_utf8_lossy(&built.stderr).into_owned()));
        }
        let log = self.root.join("said");
        let mut tests = self.cargo();
        tests.args(["--", "--format=pretty"]);
        match scope {
            Scope::All => tests.arg("trap_").args(SIMULATIONS),
            Scope::Seeds => tests.arg(SEEDED),
        };
        let mut running =
            tests.process_group(0).stdout(fs::File::create(&log)?).stderr(Stdio::null()).spawn()?;
        let began = Instant::now();
        let hung = loop {
            if running.try_wait()?.is_some() {
                break false;
            }
            if began.elapsed() > PATIENCE {
                Command::new("kill")
                    .args(["-KILL", "--", &format!("-{}", running.id())])
                    .status()?;
                running.wait()?;
                break true;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let said = fs::read_to_string(&log)?;
        let failed =
            said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED"));
        let seed = said
            .split_once(SEED)
            .map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect());
        Ok(Verdict::Ran(Tests { failed: failed.map(str::to_owned).collect(), seed, hung }))
    }
}

/// Build products lie outside of what is copied.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(from, to).map(|_| ())
}
