use super::{line, row::Row, store::Store};
use crate::error::Error;
use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// Appends one line per record to a file, with one fsync per batch.
pub(super) struct Jsonl {
    file: File,
    path: PathBuf,
    /// A file that can be synced and read, not a device or a pipe.
    regular: bool,
    /// The last write may have ended in the middle of a line.
    torn: bool,
    lines: Vec<u8>,
}

impl Jsonl {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let open = || -> io::Result<(File, bool)> {
            let is_new = !path.exists();
            let regular = path.metadata().map_or(true, |found| found.is_file());
            // Reading is needed to see how the last line ends.
            let file = OpenOptions::new().create(true).append(true).read(regular).open(path)?;
            if is_new {
                sync_folder(path)?;
            }
            Ok((file, regular))
        };
        let (file, regular) = open().map_err(|error| {
            Error::new(format!("cannot open `{}`", path.display())).because(error)
        })?;
        Ok(Self { file, path: path.to_owned(), regular, torn: true, lines: Vec::new() })
    }

    fn append(&mut self) -> io::Result<()> {
        if self.torn && self.regular && !ends_with_newline(&mut self.file)? {
            self.lines.insert(0, b'\n');
        }
        self.torn = true;
        self.file.write_all(&self.lines)?;
        if self.regular {
            self.file.sync_data()?;
        }
        self.torn = false;
        Ok(())
    }
}

impl Store for Jsonl {
    fn write(&mut self, rows: &[Row<'_>]) -> Result<(), Error> {
        self.lines.clear();
        for row in rows {
            line::append(&mut self.lines, row);
        }
        self.append().map_err(|error| {
            Error::new(format!("cannot write to `{}`", self.path.display())).because(error)
        })
    }
}

fn ends_with_newline(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A new file's name is durable only when its folder is.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn lines(path: &Path) -> Vec<String> {
        fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_torn_last_line_is_ended_before_anything_is_appended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        fs::write(&path, "{\"id\":1}\n{\"id\":").unwrap();
        let mut sink = Jsonl::open(&path).unwrap();
        sink.write(&[Row::example(0, b"{}")]).unwrap();
        sink.write(&[Row::example(1, b"{}")]).unwrap();
        let lines = lines(&path);
        assert_eq!(lines[..2], ["{\"id\":1}", "{\"id\":"]);
        assert_eq!(lines.len(), 4);
        for line in &lines[2..] {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }

    #[test]
    fn a_file_that_ends_well_gets_no_blank_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        for index in 0..3 {
            Jsonl::open(&path).unwrap().write(&[Row::example(index, b"\xff")]).unwrap();
        }
        assert_eq!(lines(&path).len(), 3);
    }

    #[test]
    fn a_device_is_written_to_as_it_is() {
        Jsonl::open(Path::new("/dev/null")).unwrap().write(&[Row::example(0, b"{}")]).unwrap();
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let Err(error) = Jsonl::open(&folder.path().join("missing/out.jsonl")) else {
            panic!("opened")
        };
        assert!(error.to_string().contains("missing/out.jsonl`: No such file"), "{error}");
    }
}
