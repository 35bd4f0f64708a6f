use super::*;
use crate::localstack::LOCALSTACK;
use crate::server::testing::script;
use std::ffi::OsString;
use tempfile::TempDir;

/// A `PATH` of one folder per list of programs; a program is a name and what it prints, nothing
/// meaning that it fails.
fn path(folders: &[&[(&str, &str)]]) -> (TempDir, OsString) {
    let scratch = TempDir::new().unwrap();
    let folders = folders.iter().enumerate().map(|(number, programs)| {
        let folder = scratch.path().join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        for (name, prints) in *programs {
            let text = match *prints {
                "" => "#!/bin/sh\necho 'command not found' >&2\nexit 127\n".to_owned(),
                prints => format!("#!/bin/sh\necho '{prints}'\n"),
            };
            script(&folder.join(name), &text);
        }
        folder
    });
    let path = std::env::join_paths(folders).unwrap();
    (scratch, path)
}

#[tokio::test]
async fn the_newest_that_runs_and_is_pinned_is_taken() {
    // A shim that fails hides a program of the same name further on; a version that is not pinned
    // is passed over.
    let (_scratch, path) = path(&[
        &[("python3.13", ""), ("python3", "3.14.0 - /real/python3.14")],
        &[
            ("python3.13", "3.13.1 - /real dir/python3.13"),
            ("python3.11", "3.11.7 - /real/python3.11"),
        ],
    ]);
    let python = find(Some(&path), &LOCALSTACK).await.unwrap();
    assert_eq!(python.program, Path::new("/real dir/python3.13"));
    assert_eq!(python.version.to_string(), "3.13.1");
    assert!((LOCALSTACK.requirements)(python.version).unwrap().contains("localstack-core==4.14.0"));
}

#[tokio::test]
async fn versions_3_11_and_3_12_share_a_list() {
    for version in ["3.11.2", "3.12.9"] {
        let (_scratch, path) = path(&[&[("python3", &format!("{version} - /real/python3"))]]);
        let python = find(Some(&path), &LOCALSTACK).await.unwrap();
        assert!(
            (LOCALSTACK.requirements)(python.version).unwrap().contains("localstack-core==4.9.2")
        );
    }
}

#[tokio::test]
async fn without_a_venv_module_the_package_to_install_is_named() {
    let (_scratch, path) = path(&[&[("python3.11", "3.11.2 ensurepip /usr/bin/python3.11")]]);
    let error = find(Some(&path), &LOCALSTACK).await.unwrap_err();
    assert_eq!(error.kind(), BackendErrorKind::Missing);
    assert_eq!(
        error.to_string(),
        "LocalStack needs a running Docker, or Python 3.11, 3.12 or 3.13 with the venv module: \
         start Docker, or install one (Debian and Ubuntu: apt-get install python3.11-venv)\n\
         found /usr/bin/python3.11 3.11.2, which lacks ensurepip"
    );
}

#[tokio::test]
async fn a_python_that_is_not_pinned_is_named() {
    let (_scratch, old) = path(&[&[("python3", "3.9.2 - /usr/bin/python3")]]);
    let error = find(Some(&old), &LOCALSTACK).await.unwrap_err().to_string();
    assert!(
        error.contains("found /usr/bin/python3 3.9.2: no such version is pinned here"),
        "{error}"
    );
    assert_eq!(find_any(Some(&old)).await.unwrap().version.to_string(), "3.9.2");

    let (_scratch, none) = path(&[&[]]);
    let error = find(Some(&none), &LOCALSTACK).await.unwrap_err().to_string();
    assert!(error.ends_with("(Debian and Ubuntu: apt-get install python3-venv)"), "{error}");
    assert_eq!(find_any(Some(&none)).await, None);
    assert_eq!(find_any(None).await, None);
}
