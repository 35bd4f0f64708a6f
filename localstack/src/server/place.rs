//! Where the Python environments lie.

use std::path::{Path, PathBuf};

/// The folder for everything that is kept between runs: `local-aws` in Cargo's target folder.
///
/// The running program usually lies in the target folder, which Cargo marks; that is right for
/// every way of setting the folder. A doc test's program does not: then the workspace around
/// `CARGO_MANIFEST_DIR` (set by `cargo test` and `cargo run`) has it. Without either, the temporary
/// folder serves.
pub(crate) fn folder() -> PathBuf {
    let program = std::env::current_exe().ok();
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    choose(program.as_deref(), manifest.as_deref())
        .unwrap_or_else(std::env::temp_dir)
        .join("local-aws")
}

fn choose(program: Option<&Path>, manifest: Option<&Path>) -> Option<PathBuf> {
    let marked = |folder: &&Path| {
        folder.join("CACHEDIR.TAG").is_file() && folder.join(".rustc_info.json").is_file()
    };
    let around_program =
        program.and_then(|program| program.ancestors().find(marked)).map(Path::to_owned);
    around_program.or_else(|| {
        let workspace = manifest?.ancestors().find(|folder| folder.join("Cargo.lock").is_file())?;
        Some(workspace.join("target"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn the_target_folder_is_found_around_the_program_or_the_manifest() {
        let scratch = TempDir::new().unwrap();
        let target = scratch.path().join("elsewhere/target");
        let deps = target.join("x86_64-unknown-linux-gnu/debug/deps");
        let package = scratch.path().join("clone/package");
        for folder in [&deps, &package] {
            std::fs::create_dir_all(folder).unwrap();
        }
        for file in [
            "elsewhere/target/CACHEDIR.TAG",
            "elsewhere/target/.rustc_info.json",
            "clone/Cargo.lock",
        ] {
            std::fs::write(scratch.path().join(file), "").unwrap();
        }
        assert_eq!(choose(Some(&deps.join("test-1")), Some(&package)), Some(target));
        let doc_test = Path::new("/nowhere/rustdoctest/rust_out");
        assert_eq!(
            choose(Some(doc_test), Some(&package)),
            Some(scratch.path().join("clone/target"))
        );
        assert_eq!(choose(Some(doc_test), None), None);
    }
}
