use super::{row::Row, store::Store};
use crate::error::Error;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params, types::ToSqlOutput};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// How long to wait for another process that writes to the same file.
const BUSY: Duration = Duration::from_secs(30);

/// What SQLite calls `synchronous = FULL`.
const FULL: i64 = 2;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS records (
        id         TEXT PRIMARY KEY,
        bucket     TEXT NOT NULL,
        key        TEXT NOT NULL,
        version_id TEXT,
        \"index\"    INTEGER NOT NULL,
        payload    NOT NULL, -- text; a blob where it is not UTF-8
        deliveries INTEGER NOT NULL
    ) WITHOUT ROWID";

/// A redelivered record leaves one row.
const UPSERT: &str = "
    INSERT INTO records (id, bucket, key, version_id, \"index\", payload, deliveries) VALUES (?1, \
                                                        ?2, ?3, ?4, ?5, ?6, 1)
    ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, deliveries = deliveries + 1";

/// Keeps records in the table `records` of an SQLite file, one transaction per batch. Several
/// processes may share it.
pub(super) struct Sqlite {
    connection: Connection,
    path: PathBuf,
}

impl Sqlite {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let open = || -> rusqlite::Result<(Connection, String, i64)> {
            // A path, not a URI: what is only in memory is not kept.
            let connection = Connection::open_with_flags(
                path,
                OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_CREATE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            connection.busy_timeout(BUSY)?;
            // Readers and the writer do not wait for each other; FULL makes every commit durable.
            let journal: String = patiently(|| {
                connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
            })?;
            connection.pragma_update(None, "synchronous", "full")?;
            let synchronous: i64 =
                connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            patiently(|| connection.execute(TABLE, []).map(drop))?;
            // A table of the same name but with other columns shows here.
            connection.prepare_cached(UPSERT)?;
            Ok((connection, journal, synchronous))
        };
        let (connection, journal, synchronous) = open().map_err(|error| {
            Error::new(format!("cannot use `{}`", path.display())).because(error)
        })?;
        // A file system without shared memory answers with another mode, which is as durable.
        if !["wal", "delete", "truncate", "persist"].contains(&&*journal) || synchronous < FULL {
            return Err(Error::new(format!(
                "cannot use `{}`: its journal is `{journal}` and synchronous is {synchronous}, so \
                 that records would not outlast a crash; give a file on a local disk",
                path.display()
            )));
        }
        Ok(Self { connection, path: path.to_owned() })
    }

    fn store(&mut self, rows: &[Row<'_>]) -> rusqlite::Result<()> {
        // Immediate: a transaction that only later wants to write may fail at once, however long it
        // would wait.
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut upsert = transaction.prepare_cached(UPSERT)?;
            for row in rows {
                let payload = match std::str::from_utf8(row.payload) {
                    Ok(text) => ToSqlOutput::from(text),
                    Err(_) => ToSqlOutput::from(row.payload),
                };
                let index = i64::try_from(row.index).unwrap_or(i64::MAX);
                upsert.execute(params![
                    row.id.to_string(),
                    row.bucket,
                    row.key,
                    row.version_id,
                    index,
                    payload
                ])?;
            }
        }
        transaction.commit()
    }
}

impl Store for Sqlite {
    fn write(&mut self, rows: &[Row<'_>]) -> Result<(), Error> {
        self.store(rows).map_err(|error| {
            Error::new(format!("cannot write to `{}`", self.path.display())).because(error)
        })
    }
}

/// Changing the journal mode does not wait for locks as other statements do.
fn patiently<T>(mut statement: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let end = Instant::now() + BUSY;
    loop {
        match statement() {
            Err(error) if is_busy(&error) && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    fn count(path: &Path, condition: &str) -> i64 {
        let query = format!("SELECT count(*) FROM records WHERE {condition}");
        Connection::open(path).unwrap().query_row(&query, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_redelivered_record_leaves_one_row() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.db");
        let mut sink = Sqlite::open(&path).unwrap();
        for _ in 0..2 {
            sink.write(&[Row::example(0, b"{\"a\":1}"), Row::example(1, b"\xff")]).unwrap();
        }
        assert_eq!(count(&path, "1"), 2);
        assert_eq!(count(&path, "deliveries = 2"), 2);
        assert_eq!(
            count(&path, "typeof(payload) = 'text' AND payload = '{\"a\":1}' AND \"index\" = 0"),
            1
        );
        assert_eq!(count(&path, "typeof(payload) = 'blob' AND payload = x'ff'"), 1);
    }

    #[test]
    fn several_writers_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.db");
        thread::scope(|scope| {
            for writer in 0..4_u64 {
                let path = &path;
                scope.spawn(move || {
                    let mut sink = Sqlite::open(path).unwrap();
                    for batch in 0..10 {
                        let first = writer * 100 + batch * 10;
                        let rows: Vec<Row<'_>> =
                            (first..first + 20).map(|index| Row::example(index, b"{}")).collect();
                        sink.write(&rows).unwrap();
                    }
                });
            }
        });
        assert_eq!(count(&path, "1"), 410);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let Err(error) = Sqlite::open(&folder.path().join("missing/out.db")) else {
            panic!("opened")
        };
        assert!(
            error.to_string().contains("missing/out.db`: unable to open database file"),
            "{error}"
        );
        let other = folder.path().join("other.db");
        Connection::open(&other).unwrap().execute("CREATE TABLE records (name TEXT)", []).unwrap();
        let Err(error) = Sqlite::open(&other) else { panic!("opened") };
        assert!(error.to_string().contains("other.db`"), "{error}");
    }
}
