//! A configuration that does not fit: which key, and what was probably meant.

use std::path::Path;

use super::near::nearest;
use crate::mistake::Mistake;

/// What the reader of a whole file complained about.
pub fn of_file(path: &Path, text: &str, error: &toml::de::Error) -> Mistake {
    let line =
        error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
    let place = match line {
        Some(line) => format!("{}, line {line}", path.display()),
        None => path.display().to_string(),
    };
    if let Some((key, known)) = unknown(error.message()) {
        return unknown_key(&place, key, &known);
    }
    // What follows may quote the value, and a value may be a token somebody put here.
    Mistake::new(
        format!("{place}: {}", error.message().lines().next().unwrap_or_default()),
        "`everycall init --force` writes a fresh file in which every setting is explained; keep a copy of yours",
    )
}

/// What the reader of one source's table complained about.
pub fn of_source(source: &str, error: &toml::de::Error, more_keys: &[&str]) -> Mistake {
    let place = format!("source `{source}`");
    if let Some((key, mut known)) = unknown(error.message()) {
        known.extend(more_keys);
        return unknown_key(&place, key, &known);
    }
    if let Some(key) = missing(error.message()) {
        let hint = format!("Add `{key} = …` below its [[sources]]");
        return Mistake::new(format!("{place} has no `{key}`"), hint);
    }
    let whole = error.to_string();
    let key = whole.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    let what = error.message().lines().next().unwrap_or_default();
    match key {
        Some(key) => Mistake::new(format!("{place}, `{key}`: {what}"), format!("Correct `{key}`")),
        None => Mistake::new(format!("{place}: {what}"), "Correct its [[sources]] block"),
    }
}

fn unknown_key(place: &str, key: &str, known: &[&str]) -> Mistake {
    let hint = match nearest(key, known.iter().copied()) {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None => format!("There is: {}", known.join(", ")),
    };
    Mistake::new(format!("{place}: there is no setting `{key}`"), hint)
}

/// serde says: unknown field `a`, expected `b` / one of `b`, `c`.
fn unknown(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}
