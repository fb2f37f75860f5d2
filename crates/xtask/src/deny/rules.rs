//! The part of `deny.toml` that can be checked with what cargo itself knows.

use anyhow::{Context, Result};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::metadata::Package;

/// The rules, read and understood.
pub struct Rules {
    licences: Vec<Licensee>,
    bans: Vec<Ban>,
    registries: Vec<String>,
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    graph: Graph,
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Default, Deserialize)]
struct Graph {
    #[serde(default)]
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

impl Rules {
    /// Reads the text of `deny.toml`.
    pub fn parse(text: &str) -> Result<Self> {
        let file: File = toml::from_str(text).context("deny.toml is not as we expect it")?;
        let licences = file.licenses.allow.iter().map(|allowed| {
            Licensee::parse(allowed)
                .with_context(|| format!("deny.toml allows `{allowed}`, which is no SPDX licence"))
        });
        Ok(Self {
            licences: licences.collect::<Result<_>>()?,
            bans: file.bans.deny,
            registries: file.sources.allow_registry,
            targets: file.graph.targets,
        })
    }

    /// What is built for; whatever cargo knows where nothing is named.
    pub fn targets(&self) -> &[String] {
        &self.targets
    }

    /// Says so if no choice the licence leaves us is one we allow.
    pub fn licence_broken(&self, package: &Package) -> Option<String> {
        let Package { name, version, .. } = package;
        let Some(licence) = &package.license else {
            return Some(format!("{name} {version} names no licence"));
        };
        // Older crates write `MIT/Apache-2.0`.
        let Ok(expression) = Expression::parse_mode(licence, ParseMode::LAX) else {
            return Some(format!(
                "{name} {version} is under `{licence}`, which is no SPDX licence"
            ));
        };
        let allowed =
            expression.evaluate(|asked| self.licences.iter().any(|ours| ours.satisfies(asked)));
        (!allowed).then(|| {
            format!("{name} {version} is under `{licence}`, which deny.toml does not allow")
        })
    }

    /// Says so if the crate is banned.
    pub fn ban_broken(&self, package: &Package) -> Option<String> {
        let ban = self.bans.iter().find(|ban| ban.name == package.name)?;
        let Package { name, version, .. } = package;
        let reason = &ban.reason;
        Some(format!(
            "{name} {version} is banned: {reason}; `cargo tree -i {name}` shows who asks for it"
        ))
    }

    /// Says so if the crate comes from elsewhere than the allowed registries.
    pub fn source_broken(&self, package: &Package) -> Option<String> {
        let source = package.source.as_deref()?;
        let allowed = source
            .strip_prefix("registry+")
            .or_else(|| source.strip_prefix("sparse+"))
            .is_some_and(|registry| self.registries.iter().any(|ours| ours == registry));
        let Package { name, version, .. } = package;
        (!allowed).then(|| {
            format!("{name} {version} comes from {source}, which deny.toml does not allow")
        })
    }
}
