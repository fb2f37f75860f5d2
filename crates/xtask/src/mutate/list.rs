//! The list of what is taken away: read, and checked against the tree it speaks of.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

const LIST: &str = include_str!("mutants.toml");

/// Something whose absence a test must notice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// What is no longer so, in words.
    pub name: String,
    /// Where it stands, from the root of the workspace.
    pub file: String,
    /// The text that is taken away, which stands there once.
    find: String,
    /// What stands there instead.
    #[serde(default)]
    becomes: String,
    /// Who must notice.
    pub tests: Tests,
}

/// Tests of one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Tests {
    /// The crate.
    pub package: String,
    /// Its test target; the crate itself without one.
    pub target: Option<String>,
    /// What their names begin with or contain.
    pub filters: Vec<String>,
}

impl TryFrom<String> for Tests {
    type Error = String;

    /// `crate target filter…`, where the target `lib` is the crate itself.
    fn try_from(text: String) -> Result<Self, String> {
        let mut words = text.split_whitespace().map(str::to_owned);
        let (Some(package), Some(target)) = (words.next(), words.next()) else {
            return Err(format!("`{text}` is not `crate target filter…`"));
        };
        let target = Some(target).filter(|target| target != "lib");
        Ok(Self { package, target, filters: words.collect() })
    }
}

impl fmt::Display for Tests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let target = self.target.as_deref().unwrap_or("lib");
        write!(f, "{} {target} {}", self.package, self.filters.join(" "))
    }
}

impl Mutant {
    /// The text without it.
    pub fn applied_to(&self, text: &str) -> Result<String> {
        let times = text.matches(self.find.as_str()).count();
        let Self { name, file, find, .. } = self;
        ensure!(times == 1, "“{name}”: `{find}` stands {times} times in {file}, not once");
        ensure!(self.becomes != self.find, "“{name}” takes nothing away");
        Ok(text.replacen(find.as_str(), &self.becomes, 1))
    }
}

/// All of them, in the order of the list.
pub fn read() -> Result<Vec<Mutant>> {
    #[derive(Deserialize)]
    struct List {
        mutant: Vec<Mutant>,
    }
    let list: List = toml::from_str(LIST).context("mutants.toml cannot be read")?;
    Ok(list.mutant)
}

/// The tests these need, each target once.
pub fn distinct(mutants: &[Mutant]) -> Vec<Tests> {
    let mut targets: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for Mutant { tests, .. } in mutants {
        let filters = targets.entry((&tests.package, tests.target.as_deref())).or_default();
        filters.extend(tests.filters.iter().cloned());
    }
    let tests = |((package, target), mut filters): ((&str, Option<&str>), Vec<String>)| {
        filters.sort_unstable();
        filters.dedup();
        Tests { package: package.to_owned(), target: target.map(str::to_owned), filters }
    };
    targets.into_iter().map(tests).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::workspace_root;

    #[test]
    fn whatever_is_taken_away_stands_where_the_list_says() {
        let mutants = read().expect("the list can be read");
        for mutant in &mutants {
            let text = std::fs::read_to_string(workspace_root().join(&mutant.file));
            let text = text.expect(&mutant.file);
            mutant.applied_to(&text).expect("it stands there once");
        }
        let mut names: Vec<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), mutants.len(), "two mutants have one name");
    }

    #[test]
    fn tests_of_one_target_are_run_together() {
        let mutant = |tests: &str| Mutant {
            name: String::new(),
            file: String::new(),
            find: String::new(),
            becomes: String::new(),
            tests: Tests::try_from(tests.to_owned()).expect("it is whole"),
        };
        let mutants = [mutant("a lib x::"), mutant("a t y"), mutant("a lib w x::")];
        let tests: Vec<String> = distinct(&mutants).iter().map(Tests::to_string).collect();
        assert_eq!(tests, ["a lib w x::", "a t y"]);
        assert!(Tests::try_from("a".to_owned()).is_err());
    }
}
