use super::{Disk, DiskFile};
use bytes::{Bytes, BytesMut};
use fs4::FileExt as _;
use futures::future::BoxFuture;
use std::{fs, io, path::Path};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
    runtime::Handle,
    task::spawn_blocking,
};

/// So much is read at once: each read is a turn on another thread.
const PIECE: usize = 256 << 10;

/// Files without names, on the disk of this machine. The system removes one when nobody has it open
/// any more, so that nothing is left to clean up after a crash.
#[derive(Debug)]
pub(crate) struct TemporaryFiles;

/// `None` only while it is dropped.
struct Temporary {
    file: Option<File>,
    written: u64,
}

impl Disk for TemporaryFiles {
    fn create<'a>(
        &'a self,
        dir: &'a Path,
        bytes: u64,
    ) -> BoxFuture<'a, io::Result<Box<dyn DiskFile>>> {
        let dir = dir.to_owned();
        Box::pin(async move {
            let create = move || create(&dir, bytes);
            let file = spawn_blocking(create).await.map_err(io::Error::other)??;
            let mut file = File::from_std(file);
            file.set_max_buf_size(PIECE);
            Ok(Box::new(Temporary { file: Some(file), written: 0 }) as Box<dyn DiskFile>)
        })
    }
}

/// A full disk is found here, before anything is downloaded in vain, where the file system can set
/// room aside.
fn create(dir: &Path, bytes: u64) -> io::Result<fs::File> {
    let file = tempfile::tempfile_in(dir)?;
    match file.allocate(bytes.max(1)) {
        Err(error) if is_full(&error) => Err(error),
        _ => Ok(file),
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

impl Temporary {
    fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::other("the file is gone"))
    }
}

impl DiskFile for Temporary {
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            self.file()?.write_all(&bytes).await?;
            self.written += bytes.len() as u64;
            Ok(())
        })
    }

    fn rewind(&mut self) -> BoxFuture<'_, io::Result<()>> {
        Box::pin(async move {
            let file = self.file()?;
            // What was written last may fail only now.
            file.flush().await?;
            file.rewind().await.map(drop)
        })
    }

    fn read(&mut self) -> BoxFuture<'_, io::Result<Option<Bytes>>> {
        Box::pin(async move {
            // The room that was set aside may be more than was written.
            let most = self.written.min(PIECE as u64) as usize;
            if most == 0 {
                return Ok(None);
            }
            let mut piece = BytesMut::zeroed(most);
            let read = self.file()?.read(&mut piece).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            piece.truncate(read);
            self.written -= read as u64;
            Ok(Some(piece.freeze()))
        })
    }
}

impl Drop for Temporary {
    /// To give back the room of a large file takes the system a while.
    fn drop(&mut self) {
        let file = self.file.take();
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(file)));
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_written_is_read_and_the_directory_stays_empty() {
        let dir = tempfile::tempdir().expect("a directory");
        let bytes: Bytes = (0..PIECE * 5 / 2).map(|n| (n / 7) as u8).collect();
        for room in [0, 10 << 20] {
            let mut file = TemporaryFiles.create(dir.path(), room).await.expect("there is room");
            for chunk in bytes.chunks(100_000) {
                file.write(Bytes::copy_from_slice(chunk)).await.expect("there is room");
            }
            file.rewind().await.expect("it can be read");
            let mut read = Vec::new();
            while let Some(piece) = file.read().await.expect("it can be read") {
                read.extend_from_slice(&piece);
            }
            assert_eq!(read, bytes);
            assert_eq!(fs::read_dir(dir.path()).expect("it is there").count(), 0);
        }
    }

    #[tokio::test]
    async fn trap_93_room_that_the_disk_does_not_have_is_refused_before_anything_is_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let refused = TemporaryFiles.create(dir.path(), 1 << 60).await.err().expect("too much");
        assert!(is_full(&refused), "{refused}");
        let missing = TemporaryFiles.create(&dir.path().join("no"), 1).await.err();
        assert_eq!(missing.expect("no directory").kind(), io::ErrorKind::NotFound);
    }
}
