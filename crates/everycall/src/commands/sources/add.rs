//! `everycall sources add`: one more `[[sources]]` block, asked for or told, checked before it is
//! written.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _, stdin, stdout};

use anyhow::Result;
use clap::Args;
use domain::{ProviderKind, Timestamp};
use providers::setup::{Question, SetUp};

use crate::commands::site::Site;
use crate::config::Config;
use crate::draft::Draft;
use crate::mistake::{Exit, Mistake};
use crate::output;

/// Add a source to the configuration: asks what it needs, or takes it from the options
///
/// Secrets are never asked for: say in which environment variable or file they are.
#[derive(Debug, Args)]
pub struct Add {
    /// What you will call it
    name: Option<String>,
    /// Which provider, such as twilio
    #[arg(long, value_name = "PROVIDER", value_parser = provider)]
    provider: Option<ProviderKind>,
    /// Where its history begins, as a day or an instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    since: Option<Timestamp>,
    /// One of the provider's own keys, as KEY=VALUE; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// The environment variable that holds the secret
    #[arg(long, value_name = "NAME", conflicts_with = "secret_file")]
    secret_env: Option<String>,
    /// The file that holds the secret
    #[arg(long, value_name = "PATH")]
    secret_file: Option<String>,
}

fn provider(text: &str) -> Result<ProviderKind, String> {
    let known = || ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>();
    text.parse().map_err(|_unknown| format!("there is: {}", known().join(", ")))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// Adds it.
pub fn run(site: &Site, arguments: &Add) -> Result<Exit> {
    let path = site.config();
    let before = Config::text(path)?;
    let block = block(arguments, &mut Asking::here())?;
    let after = format!("{}\n{block}", before.trim_end().to_owned() + "\n");
    let config = Config::read(path, &after)?;
    let mut draft = Draft::at(path)?;
    draft.write_all(after.as_bytes())?;
    draft.keep()?;
    let name = config.sources.last().map_or("", |source| source.name.as_str());
    output::print(&format!(
        "Added to {}:\n\n{block}\nNext: {} doctor {name}",
        path.display(),
        site.here()
    ))?;
    Ok(Exit::Done)
}

fn block(arguments: &Add, asking: &mut Asking) -> Result<String> {
    let kind = match arguments.provider {
        Some(kind) => kind,
        None => asked_provider(asking)?,
    };
    let set_up = SetUp::of(kind);
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => asking.ask("NAME", "What you will call this source", kind.as_str())?,
    };
    let since = match arguments.since {
        Some(since) => since.to_string(),
        None => asking.ask("--since", "Where its history begins", "2026-01-01")?,
    };
    let mut keys: BTreeMap<String, String> = arguments.set.iter().cloned().collect();
    for question in set_up.questions {
        if !keys.contains_key(question.key) {
            let option = format!("--set {}=…", question.key);
            let said = asking.ask(&option, question.asks, question.example)?;
            keys.insert(question.key.to_owned(), said);
        }
    }
    let (place, secret) = secret(arguments, &set_up.secret, asking)?;
    let mut table = toml::Table::new();
    table.insert("name".to_owned(), name.into());
    table.insert("provider".to_owned(), kind.as_str().into());
    table.insert("since".to_owned(), since.into());
    table.extend(keys.into_iter().map(|(key, value)| (key, typed(value))));
    table.insert(format!("{}_{place}", set_up.secret.key), secret.into());
    Ok(format!("[[sources]]\n{table}"))
}

fn asked_provider(asking: &mut Asking) -> Result<ProviderKind> {
    let known: Vec<&str> = ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let asks = format!("Provider ({})", known.join(", "));
    let said = asking.ask("--provider", &asks, "twilio")?;
    let kind = provider(&said);
    Ok(kind.map_err(|hint| Mistake::new(format!("there is no provider `{said}`"), hint))?)
}

fn secret(
    arguments: &Add,
    question: &Question,
    asking: &mut Asking,
) -> Result<(&'static str, String)> {
    if let Some(path) = &arguments.secret_file {
        return Ok(("file", path.clone()));
    }
    if let Some(name) = &arguments.secret_env {
        return Ok(("env", name.clone()));
    }
    let asks = format!("{}. In which environment variable is it?", question.asks);
    Ok(("env", asking.ask("--secret-env NAME", &asks, question.example)?))
}

/// Numbers and truths as such, everything else as text.
fn typed(value: String) -> toml::Value {
    match (value.parse::<i64>(), value.parse::<bool>()) {
        (Ok(number), _) if number.to_string() == value => number.into(),
        (_, Ok(truth)) => truth.into(),
        _ => value.into(),
    }
}

/// Asks a person, where there is one.
struct Asking {
    is_person: bool,
}

impl Asking {
    fn here() -> Self {
        Self { is_person: stdin().is_terminal() && stdout().is_terminal() }
    }

    fn ask(&mut self, option: &str, asks: &str, example: &str) -> Result<String> {
        if !self.is_person {
            let sentence = format!("nobody can be asked here, and {option} was not given");
            return Err(Mistake::new(sentence, format!("{asks}, such as {example}")).into());
        }
        loop {
            print(&format!("{asks}\n  such as {example}: "))?;
            let mut line = String::new();
            if stdin().lock().read_line(&mut line)? == 0 {
                return Err(Mistake::new("the input has ended", format!("Give {option}")).into());
            }
            let said = line.trim();
            if !said.is_empty() {
                return Ok(said.to_owned());
            }
        }
    }
}

fn print(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
