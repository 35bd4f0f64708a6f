use super::{Aws, Kind, Subject};
use futures::future::BoxFuture;

/// A scene, and what AWS documents about it.
pub struct Case {
    /// What it belongs to; one test each.
    pub area: &'static str,
    /// What it is about; no two cases have the same.
    pub name: &'static str,
    /// The page of AWS's documentation that says so.
    pub page: &'static str,
    /// What is seen on AWS.
    pub aws: &'static str,
    pub(super) scene: Scene,
}

/// What a case needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A queue or a store: the ports in memory have them too.
    Ports,
    /// A whole AWS.
    Services,
}

/// Says what it saw.
type Play<T> = Box<dyn Fn(T) -> BoxFuture<'static, String> + Send + Sync>;

pub(super) enum Scene {
    Ports(Play<Subject>),
    Services(Play<Aws>),
}

impl Case {
    pub(super) fn ports<F>(
        name: &'static str,
        page: &'static str,
        aws: &'static str,
        scene: impl Fn(Subject) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = String> + Send + 'static,
    {
        let scene = Scene::Ports(Box::new(move |subject| Box::pin(scene(subject))));
        Self { area: "", name, page, aws, scene }
    }

    pub(super) fn services<F>(
        name: &'static str,
        page: &'static str,
        aws: &'static str,
        scene: impl Fn(Aws) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = String> + Send + 'static,
    {
        let scene = Scene::Services(Box::new(move |aws| Box::pin(scene(aws))));
        Self { area: "", name, page, aws, scene }
    }

    /// What it needs.
    pub fn needs(&self) -> Needs {
        match self.scene {
            Scene::Ports(_) => Needs::Ports,
            Scene::Services(_) => Needs::Services,
        }
    }

    /// Whether it is run there at all.
    pub fn runs_on(&self, kind: Kind) -> bool {
        kind != Kind::Memory || self.needs() == Needs::Ports
    }

    pub(super) async fn play(&self, subject: Subject) -> String {
        match &self.scene {
            Scene::Ports(play) => play(subject).await,
            Scene::Services(play) => play(subject.into_aws()).await,
        }
    }
}
