use super::*;
use crate::localstack::LOCALSTACK;
use crate::server::testing::{real_python, script};
use crate::server::{Version, python};
use tempfile::TempDir;

/// A Python whose `venv` makes a folder with a copy of itself and whose pip does `pip`; all else is
/// the real one's.
struct Fake {
    scratch: TempDir,
    python: Python,
}

impl Fake {
    async fn new(venv: &str, pip: &str) -> Self {
        let scratch = TempDir::new().unwrap();
        let program = scratch.path().join("fake-python");
        let (real, made) = (real_python().await, scratch.path().join("made"));
        let text = format!(
            "#!/bin/sh\ncase \"$*\" in\n\
             '-I -m venv '*)\n  {venv}\n  echo made >> '{made}'; mkdir -p \"$4/bin\" && cp \"$0\" \
             \"$4/bin/python\";;\n\
             '-m pip '*)\n  {pip};;\n*) exec '{real}' \"$@\";;\nesac\n",
            made = made.display(),
            real = real.display(),
        );
        script(&program, &text);
        let path = std::env::var_os("PATH");
        let python = python::find_any(path.as_deref()).await.unwrap();
        Self { scratch, python: Python { program, ..python } }
    }

    fn recipe(&self) -> Recipe<'_> {
        Recipe {
            program: &LOCALSTACK,
            python: &self.python,
            requirements: "# no packages\n",
            root: self.root(),
        }
    }

    fn root(&self) -> &Path {
        self.scratch.path()
    }

    fn made(&self) -> usize {
        std::fs::read_to_string(self.root().join("made")).map_or(0, |lines| lines.lines().count())
    }

    fn asides(&self) -> usize {
        let entries = std::fs::read_dir(self.root()).unwrap().flatten();
        entries
            .filter(|entry| {
                [".new-", ".old-"]
                    .iter()
                    .any(|aside| entry.file_name().to_string_lossy().contains(aside))
            })
            .count()
    }
}

#[tokio::test]
async fn two_at_once_make_one() {
    let fake = Fake::new("sleep 0.3", ":").await;
    let (one, two) = (fake.recipe(), fake.recipe());
    let (one, two) = tokio::join!(one.ready(), two.ready());
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(fake.made(), 1);
    fake.recipe().ready().await.unwrap();
    assert_eq!((fake.made(), fake.asides()), (1, 0));
}

#[tokio::test]
async fn a_half_made_one_is_made_anew() {
    let fake = Fake::new(":", ":").await;
    let recipe = fake.recipe();
    // What a version that installs in place, or a half-done removal, would leave: everything but
    // the marker.
    std::fs::create_dir_all(recipe.folder().join("bin")).unwrap();
    script(&recipe.folder().join("bin/python"), "#!/bin/sh\nexit 0\n");
    // What a process that was killed leaves.
    std::fs::create_dir_all(fake.root().join(format!("{}.new-1-0-0", recipe.key()))).unwrap();
    let first = recipe.ready().await.unwrap();
    assert_eq!((fake.made(), fake.asides()), (1, 0));

    // Its interpreter went away.
    std::fs::remove_file(&first.python).unwrap();
    recipe.ready().await.unwrap();
    assert_eq!((fake.made(), fake.asides()), (2, 0));

    // It is a link to another one, that fails.
    std::fs::remove_file(&first.python).unwrap();
    std::os::unix::fs::symlink("/bin/false", &first.python).unwrap();
    recipe.ready().await.unwrap();
    assert_eq!((fake.made(), fake.asides()), (3, 0));

    // An empty folder, or a file, is in its place.
    std::fs::remove_dir_all(recipe.folder()).unwrap();
    std::fs::create_dir(recipe.folder()).unwrap();
    recipe.ready().await.unwrap();
    std::fs::remove_dir_all(recipe.folder()).unwrap();
    std::fs::write(recipe.folder(), "").unwrap();
    recipe.ready().await.unwrap();
    assert_eq!((fake.made(), fake.asides()), (5, 0));
}

#[tokio::test]
async fn a_failed_installation_leaves_nothing_and_says_what_to_do() {
    let fake = Fake::new(":", "echo 'NewConnectionError: no route' >&2; exit 1").await;
    let error = fake.recipe().ready().await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Install);
    let text = error.to_string();
    assert!(text.contains("the package index cannot be reached: connect to the network"), "{text}");
    assert!(text.ends_with("\n    NewConnectionError: no route"), "{text}");
    assert_eq!(fake.asides(), 0);
    assert!(!fake.recipe().folder().exists());
}

#[tokio::test]
async fn a_failing_venv_module_names_its_package() {
    let fake = Fake::new("echo 'ensurepip is not available'; exit 1", ":").await;
    let Version { major, minor, .. } = fake.python.version;
    let text = fake.recipe().ready().await.unwrap_err().to_string();
    assert!(text.contains(&format!("apt-get install python{major}.{minor}-venv")), "{text}");
    assert!(text.contains("ensurepip is not available"), "{text}");
}

#[tokio::test]
async fn another_list_is_another_environment() {
    let fake = Fake::new(":", ":").await;
    let other = Recipe { requirements: "# other\n", ..fake.recipe() };
    assert_ne!(fake.recipe().folder(), other.folder());
    assert_eq!(fake.recipe().folder(), fake.recipe().folder());
}

#[tokio::test]
async fn pip_failures_are_told_apart() {
    let python = Fake::new(":", ":").await.python;
    for (output, advice) in [
        ("ERROR: No matching distribution found for awscrt==0.28.3", "has no wheel for Python"),
        ("error: [Errno 28] No space left on device", "the disk is full"),
        ("a surprise", "see its last lines"),
    ] {
        let text = pip_failed(&LOCALSTACK, &python, output);
        assert!(text.contains(advice) && text.contains(output), "{text}");
    }
}

/// Runs the check on a folder of packages; what it says is wrong.
async fn wrong(packages: &Path, list: &str) -> Option<String> {
    let file = packages.join("list");
    std::fs::write(&file, list).unwrap();
    let check =
        format!("import sys; sys.path.insert(0, {:?})\n{CHECK}", packages.to_str().unwrap());
    let mut command = std::process::Command::new(real_python().await);
    let output = command.args(["-I", "-c", &check]).arg(file).output().unwrap();
    (!output.status.success()).then(|| String::from_utf8(output.stderr).unwrap().trim().to_owned())
}

#[tokio::test]
async fn a_package_that_is_gone_cut_short_or_another_is_noticed() {
    const RECORD: &str = "some_module.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\n\
                          some-1.0.dist-info/METADATA,,\nsome-1.0.dist-info/RECORD,,\n";
    let packages = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(packages.path().join(name), text).unwrap();
    std::fs::create_dir(packages.path().join("some-1.0.dist-info")).unwrap();
    write("some-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some\nVersion: 1.0\n");
    write("some-1.0.dist-info/RECORD", RECORD);
    write("some_module.py", "x = 1\n");
    let packages = packages.path();
    assert_eq!(wrong(packages, "# comment\nsome==1.0\n").await, None);
    assert_eq!(wrong(packages, "some==1.1\n").await.unwrap(), "some is 1.0");
    assert_eq!(wrong(packages, "other==1.0\n").await.unwrap(), "other is not there");
    write("some_module.py", "");
    assert_eq!(
        wrong(packages, "some==1.0\n").await.unwrap(),
        "some_module.py is not as it was installed"
    );
    std::fs::remove_file(packages.join("some_module.py")).unwrap();
    assert_eq!(wrong(packages, "some==1.0\n").await.unwrap(), "some_module.py is not there");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_named_with_the_way_out() {
    let fake = Fake::new(":", ":").await;
    let file = fake.root().join("file");
    std::fs::write(&file, "").unwrap();
    let error =
        Recipe { root: &file.join("local-aws"), ..fake.recipe() }.ready().await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Io);
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot write to {}/local-aws", file.display())), "{text}");
    assert!(
        text.contains("make it writable, or name another target folder (CARGO_TARGET_DIR): "),
        "{text}"
    );
    assert!(
        BackendError::unwritable(&file, io::ErrorKind::StorageFull.into())
            .to_string()
            .contains("the disk is full: make room")
    );
}

#[tokio::test]
async fn a_disk_that_is_full_is_no_missing_venv_module() {
    let python = Fake::new(":", ":").await.python;
    let text = venv_failed(&LOCALSTACK, &python, "Error: [Errno 28] No space left on device: '/x'");
    assert!(
        text.contains("the disk is full: the environment needs about 300 MB")
            && !text.contains("apt-get"),
        "{text}"
    );
}
