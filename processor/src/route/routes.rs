use super::{Route, Treatment, Unmatched, conditions::Matcher};
use crate::{
    config::{Finish, LONGEST_NAME, Limits, Missing, Spool, Trust, is_a_name},
    decode::Decoder,
    error::{BuildError, BuildErrorKind},
};
use std::sync::Arc;

/// The routes of a pipeline, ready to be asked.
#[derive(Debug)]
pub(crate) struct Routes {
    rules: Vec<Rule>,
    unmatched: Choice,
    /// The names of the pipeline's processors, in order.
    processors: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    name: String,
    matcher: Matcher,
    choice: Choice,
}

/// What becomes of an object.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    /// It is processed.
    Take(Arc<Treatment>),
    /// It is acknowledged without being read; by the route of this index, or because no route
    /// matches.
    Skip(Option<usize>),
    /// Its message is kept: nobody knows what is to be done with it.
    Keep,
}

/// What holds where a route says nothing else.
pub(crate) struct Defaults<'a> {
    pub(crate) decoder: Arc<dyn Decoder>,
    pub(crate) ids_v2: bool,
    pub(crate) limits: &'a Limits,
    pub(crate) trust: &'a Trust,
    /// The names of the pipeline's processors, in order.
    pub(crate) processors: &'a [String],
    pub(crate) finish: &'a Finish,
    pub(crate) missing: Option<Missing>,
    pub(crate) spool: Option<&'a Spool>,
}

impl Routes {
    /// # Errors
    /// The first route that cannot work, by its name.
    pub(crate) fn new(
        routes: Vec<Route>,
        unmatched: Unmatched,
        defaults: &Defaults<'_>,
    ) -> Result<Self, BuildError> {
        let processors = defaults.processors.to_vec();
        if routes.is_empty() {
            let unmatched = defaults
                .everything()
                .map_err(|problem| BuildError::new(BuildErrorKind::Setting, problem))?;
            return Ok(Self { rules: Vec::new(), unmatched, processors });
        }
        let unmatched = match unmatched {
            Unmatched::Keep => Choice::Keep,
            Unmatched::Skip => Choice::Skip(None),
        };
        check_names(&routes)?;
        let mut rules: Vec<Rule> = Vec::new();
        let mut takes_all: Option<String> = None;
        for (index, route) in routes.into_iter().enumerate() {
            let refuse = |problem: String| refuse(&route.name, &problem);
            if let Some(earlier) = &takes_all {
                return Err(refuse(format!(
                    "no object comes to it, as `{earlier}` before it matches everything; put that \
                     one last"
                )));
            }
            if route.conditions.are_none() {
                takes_all = Some(route.name.clone());
            }
            let matcher = route.conditions.clone().compile().map_err(refuse)?;
            let buckets = matcher.buckets();
            if let Some(bucket) = buckets.iter().find(|bucket| !defaults.trust.allows(bucket)) {
                return Err(refuse(format!("its bucket `{bucket}` is not one of allowed_buckets")));
            }
            let choice = defaults.choice(index, &route).map_err(refuse)?;
            rules.push(Rule { name: route.name, matcher, choice });
        }
        let routes = Self { rules, unmatched, processors };
        routes.check_spools()?;
        match (0..).zip(defaults.processors).find(|(index, _)| !routes.reach(*index)) {
            Some((_, name)) => Err(BuildError::new(
                BuildErrorKind::Route,
                format!(
                    "no route leads to the processor `{name}`: name it in one, or end with a \
                     route without conditions, which takes the rest"
                ),
            )),
            None => Ok(routes),
        }
    }

    /// What becomes of this object; `size` is what its notification says.
    pub(crate) fn choose(&self, bucket: &str, key: &str, size: Option<u64>) -> Choice {
        let rule = self.rules.iter().find(|rule| rule.matcher.are_met(bucket, key, size));
        rule.map_or(&self.unmatched, |rule| &rule.choice).clone()
    }

    /// The same for records of an object that are processed once more, for one processor.
    ///
    /// # Errors
    /// If they would not be the same records, or are not for that processor any more.
    pub(crate) fn replayed(
        &self,
        choice: &Choice,
        decoder: &str,
        processor: &str,
    ) -> Result<Arc<Treatment>, String> {
        let Choice::Take(treatment) = choice else {
            return Err("no route has it processed".to_owned());
        };
        let now = treatment.decoder.identity();
        if now != decoder {
            return Err(format!(
                "they were found by the decoder `{decoder}`, and now it is `{now}`"
            ));
        }
        let index = self.processors.iter().position(|name| name == processor);
        match index.filter(|index| treatment.processors.contains(index)) {
            Some(index) => Ok(Arc::new(treatment.only_for(index))),
            None => Err(format!("it is not for the processor `{processor}` any more")),
        }
    }

    /// Where objects are downloaded to; one may come several times.
    pub(crate) fn spools(&self) -> impl Iterator<Item = &Spool> {
        let choices = self.rules.iter().map(|rule| &rule.choice).chain([&self.unmatched]);
        choices.filter_map(|choice| match choice {
            Choice::Take(treatment) => treatment.spool.as_ref(),
            Choice::Skip(_) | Choice::Keep => None,
        })
    }

    /// # Errors
    /// If it is not clear how much fits into one directory.
    fn check_spools(&self) -> Result<(), BuildError> {
        let differ = |spool: &&Spool| {
            self.spools().any(|other| other.dir() == spool.dir() && other != *spool)
        };
        self.spools().find(differ).map_or(Ok(()), |spool| {
            let dir = spool.dir().display();
            Err(BuildError::new(
                BuildErrorKind::Setting,
                format!("the spool {dir} is given twice, with different bytes: give one of them"),
            ))
        })
    }

    /// The routes' names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| rule.name.as_str())
    }

    /// Whether any of them leads to this processor.
    fn reach(&self, processor: usize) -> bool {
        let leads = |rule: &Rule| {
            matches!(&rule.choice, Choice::Take(treatment)
                if treatment.processors.contains(&processor))
        };
        self.rules.iter().any(leads)
    }
}

impl Defaults<'_> {
    /// Without routes.
    fn everything(&self) -> Result<Choice, String> {
        let decoder = Arc::clone(&self.decoder);
        let all = (0..self.processors.len()).collect();
        let treatment = Treatment::new(None, decoder, self.ids_v2, self.limits.clone(), all);
        let (finish, missing) = self.ends(None, None)?;
        let treatment = treatment.ending(finish, missing).spooling(self.spool(None)?);
        Ok(Choice::Take(Arc::new(treatment)))
    }

    /// # Errors
    /// If it cannot work.
    fn spool(&self, own: Option<&Option<Spool>>) -> Result<Option<Spool>, String> {
        let spool = own.map_or(self.spool, Option::as_ref);
        spool.map_or(Ok(()), Spool::check)?;
        Ok(spool.cloned())
    }

    /// # Errors
    /// What of them cannot work.
    fn ends(
        &self,
        finish: Option<&Finish>,
        missing: Option<Missing>,
    ) -> Result<(Finish, Missing), String> {
        let (finish, missing) = (finish.unwrap_or(self.finish), missing.or(self.missing));
        finish.check()?;
        match missing {
            None if finish.deletes() => Err("its objects are deleted when they are done, and a \
                 second notification of one finds nothing: say with missing(Missing::Done) that \
                 this is all right, or with missing(Missing::Fail) that it is not"
                .to_owned()),
            missing => Ok((finish.clone(), missing.unwrap_or_default())),
        }
    }

    /// # Errors
    /// What of the route cannot work.
    fn choice(&self, index: usize, route: &Route) -> Result<Choice, String> {
        if route.skips {
            let has_more = route.decoder.is_some()
                || route.processors.is_some()
                || route.finish.is_some()
                || route.missing.is_some()
                || route.spool.is_some()
                || route.limits != Default::default();
            return match has_more {
                true => Err("it skips its objects, so it takes no decoder, processors, limits, \
                             finish, missing or spool; use Route::new to process them"
                    .to_owned()),
                false => Ok(Choice::Skip(Some(index))),
            };
        }
        let decoder = match &route.decoder {
            Some(Ok(decoder)) => decoder,
            Some(Err(error)) => return Err(format!("its decoder: {error}")),
            None => &self.decoder,
        };
        let own = &route.limits;
        let mut limits = self.limits.clone();
        limits.record_bytes = own.record_bytes.unwrap_or(limits.record_bytes);
        limits.object_bytes = own.object_bytes.unwrap_or(limits.object_bytes);
        limits.compression_ratio = own.compression_ratio.or(limits.compression_ratio);
        limits.failed_records = own.failed_records.unwrap_or(limits.failed_records);
        limits.check().map_err(|error| error.to_string())?;
        let processors = self.indices(route)?;
        let named = Some((index, route.name.clone()));
        let treatment = Treatment::new(named, Arc::clone(decoder), self.ids_v2, limits, processors);
        let (finish, missing) = self.ends(route.finish.as_ref(), route.missing)?;
        let spool = self.spool(route.spool.as_ref())?;
        Ok(Choice::Take(Arc::new(treatment.ending(finish, missing).spooling(spool))))
    }

    /// Of the processors that the route names.
    fn indices(&self, route: &Route) -> Result<Vec<usize>, String> {
        let Some(names) = &route.processors else {
            return Ok((0..self.processors.len()).collect());
        };
        if names.is_empty() {
            return Err("it names no processor; use Route::skip to leave objects out".to_owned());
        }
        let mut indices = Vec::new();
        for name in names {
            let known = self.processors.iter().position(|known| known == name);
            let index = known.ok_or_else(|| {
                format!("there is no processor `{name}`; there are: {}", self.processors.join(", "))
            })?;
            if indices.contains(&index) {
                return Err(format!("it names the processor `{name}` twice"));
            }
            indices.push(index);
        }
        Ok(indices)
    }
}

fn check_names(routes: &[Route]) -> Result<(), BuildError> {
    for (at, Route { name, .. }) in routes.iter().enumerate() {
        if !is_a_name(name) {
            let message =
                format!("route {}: a name is 1 to {LONGEST_NAME} printable characters", at + 1);
            return Err(BuildError::new(BuildErrorKind::Route, message));
        }
        if routes[..at].iter().any(|earlier| earlier.name == *name) {
            return Err(refuse(name, "two routes have this name; names must differ"));
        }
    }
    Ok(())
}

fn refuse(name: &str, problem: &str) -> BuildError {
    BuildError::new(BuildErrorKind::Route, format!("route `{name}`: {problem}"))
}
