//! A server in a process of its own: installed in a Python environment of its own, started under a
//! supervisor.

mod environment;
mod launch;
mod notice;
mod orphan;
mod place;
mod probe;
mod program;
mod python;
mod supervisor;
#[cfg(test)]
pub(crate) mod testing;
mod version;

pub(crate) use launch::{Launch, Own, Running, START_LIMIT, free_ports};
pub(crate) use notice::notice;
pub(crate) use place::folder;
#[cfg(test)]
pub(crate) use probe::asked;
pub(crate) use program::{Effort, Program};
pub(crate) use python::find_any;
pub(crate) use supervisor::{Exit, Order, Supervised, inherited, name, state_folder, tail, unique};
pub(crate) use version::Version;

use crate::error::BackendError;
use environment::{Environment, Recipe};
use std::ffi::OsStr;
use std::path::Path;

impl Program {
    /// Starts it on the first fitting Python along `path` (the value of `PATH`); what is kept
    /// between runs is in `folder`.
    pub(crate) async fn start(
        &self,
        path: Option<&OsStr>,
        folder: &Path,
    ) -> Result<Running, BackendError> {
        let (environment, _) = self.installed(path, folder).await?;
        self.run(&environment, folder).await
    }

    /// What it is installed in, and the version of Python there.
    pub(crate) async fn installed(
        &self,
        path: Option<&OsStr>,
        folder: &Path,
    ) -> Result<(Environment, Version), BackendError> {
        let python = python::find(path, self).await?;
        let requirements = (self.requirements)(python.version).unwrap_or_default();
        let recipe = Recipe { program: self, python: &python, requirements, root: folder };
        Ok((recipe.ready().await?, python.version))
    }

    async fn run(&self, environment: &Environment, folder: &Path) -> Result<Running, BackendError> {
        let launch = Launch {
            name: self.name,
            python: &environment.python,
            folder,
            health: self.health,
            own: self.own,
            services: true,
            limit: START_LIMIT,
        };
        launch.start(free_ports(), |port| self.order(environment, port)).await
    }

    /// In a clean environment: no proxy, AWS profile or setting of the person who runs the tests
    /// gets in, and home and temporary folder are the run's own.
    fn order(&self, environment: &Environment, port: u16) -> Order {
        let state = state_folder();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut settings = (self.settings)(port, &state);
        settings.extend(
            [
                ("PATH", std::env::var("PATH").unwrap_or_default()),
                ("LANG", "C.UTF-8".into()),
                ("HOME", text(&state.join("home"))),
                ("TMPDIR", text(&state.join("tmp"))),
                ("PYTHONDONTWRITEBYTECODE", "1".into()),
                ("PYTHONUNBUFFERED", "1".into()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let command = [text(&environment.python), "-m".into(), self.module.into()];
        Order::new(command.into(), settings, state)
    }
}
