//! `everycall doctor`: what is right, what is wrong, and what to do about it.

use anyhow::Result;
use clap::Args;
use engine::examine::examine;
use providers::{Probe, ProbeOutcome};
use serde::Serialize;
use store::Engine;

use super::site::Site;
use crate::config::{self, Config, is_there};
use crate::mistake::{Exit, Mistake, sentence_and_hint};
use crate::output::{self, Style};
use crate::wiring::Desk;

/// Say what is right and what is wrong: configuration, database, and each source's door
///
/// Asks the provider a few harmless questions, and an identity provider what it publishes. Exits with 1 when something must be changed.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Which source [default: all that are configured]
    source: Option<String>,
    /// Print one JSON object per finding
    #[arg(long)]
    json: bool,
}

/// One line of the diagnosis.
#[derive(Serialize)]
struct Finding {
    about: String,
    name: String,
    outcome: &'static str,
    sentence: String,
    hint: Option<String>,
}

/// Examines everything.
pub async fn run(site: &Site, arguments: Doctor) -> Result<Exit> {
    let mut told = Told { json: arguments.json, about: String::new(), wrong: 0 };
    let Some(config) = told.configuration(site) else { return Ok(told.end()) };
    // The database has sources, too: those that were set up in the dashboard.
    let Some(desk) = told.database(config).await else { return Ok(told.end()) };
    told.identity_provider(&desk).await;
    match desk.config.chosen(arguments.source.as_deref()) {
        Ok(chosen) => {
            for source in chosen {
                told.source(&desk, source).await?;
            }
        }
        Err(mistake) if arguments.source.is_some() => return Err(mistake.into()),
        Err(mistake) => told.wrong("configuration", "sources", &mistake.into()),
    }
    Ok(told.end())
}

/// Tells findings as they come, and remembers whether something is wrong.
struct Told {
    json: bool,
    about: String,
    wrong: usize,
}

impl Told {
    fn configuration(&mut self, site: &Site) -> Option<Config> {
        let path = site.config().display().to_string();
        match site.configuration() {
            Ok(config) => {
                let count = config.sources.len();
                let names = if count == 1 { "source" } else { "sources" };
                let said = if is_there(site.config()) {
                    format!("{path} is good, with {count} {names}")
                } else {
                    format!("There is no {path}, and the defaults hold")
                };
                self.right("configuration", "file", said);
                Some(config)
            }
            Err(mistake) => {
                self.wrong("configuration", "file", &mistake.into());
                None
            }
        }
    }

    async fn database(&mut self, config: Config) -> Option<Desk> {
        let address = config.database.shown(&config.folder);
        let desk = match Desk::open(config, None).await {
            Ok(desk) => desk,
            Err(error) => {
                self.wrong("database", "reachable", &error);
                return None;
            }
        };
        let engine = match desk.ctx.store.engine() {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        };
        self.right(
            "database",
            "reachable",
            format!("{engine} answers at {address}, schema up to date"),
        );
        match writable(&desk).await {
            Ok(()) => self.right("database", "writable", "It can be written to".to_owned()),
            Err(error) => self.wrong("database", "writable", &error),
        }
        Some(desk)
    }

    /// The identity provider, where there is one: what it publishes is read, and nobody comes in.
    async fn identity_provider(&mut self, desk: &Desk) {
        const ABOUT: &str = "identity provider";
        let provider = match desk.config.web.single_sign_on(&desk.config.folder) {
            Ok(None) => return,
            Ok(Some(single)) => single.provider,
            Err(mistake) => return self.wrong(ABOUT, "settings", &mistake.into()),
        };
        let Err(error) = provider.look(desk.ctx.now()).await else {
            let sentence = format!("{} publishes what is needed", provider.issuer());
            return self.right(ABOUT, "published", sentence);
        };
        let hint = "Compare `issuer` with its /.well-known/openid-configuration; people come in by \
                    their passwords meanwhile";
        self.wrong(ABOUT, "published", &Mistake::missing(error.to_string(), hint).into());
    }

    async fn source(&mut self, desk: &Desk, configured: &config::Source) -> Result<()> {
        let about = format!("source {}", configured.name);
        let source = match desk.source(configured).await {
            Ok(source) => source,
            Err(error) => {
                self.wrong(&about, "settings", &error);
                return Ok(());
            }
        };
        for probe in examine(&desk.ctx, &source).await? {
            self.probe(&about, probe);
        }
        Ok(())
    }

    fn probe(&mut self, about: &str, probe: Probe) {
        let outcome = match probe.outcome {
            ProbeOutcome::Right => "right",
            ProbeOutcome::Notable => "notable",
            ProbeOutcome::Wrong => "wrong",
        };
        let (sentence, hint) = match probe.hint {
            // A sentence that already ends with its hint says it once.
            Some(hint) => (probe.sentence.replace(&format!(". {hint}"), ""), Some(hint)),
            None if probe.outcome == ProbeOutcome::Wrong => sentence_and_hint(&probe.sentence),
            None => (probe.sentence, None),
        };
        let (about, name) = (about.to_owned(), probe.name.to_owned());
        self.tell(&Finding { about, name, outcome, sentence, hint });
    }

    fn right(&mut self, about: &str, name: &str, sentence: String) {
        let (about, name) = (about.to_owned(), name.to_owned());
        self.tell(&Finding { about, name, outcome: "right", sentence, hint: None });
    }

    fn wrong(&mut self, about: &str, name: &str, error: &anyhow::Error) {
        let (sentence, hint) = match error.downcast_ref::<Mistake>() {
            Some(mistake) => (mistake.sentence.clone(), Some(mistake.hint.clone())),
            None => sentence_and_hint(&format!("{error:#}")),
        };
        let (about, name) = (about.to_owned(), name.to_owned());
        self.tell(&Finding { about, name, outcome: "wrong", sentence, hint });
    }

    fn tell(&mut self, finding: &Finding) {
        self.wrong += usize::from(finding.outcome == "wrong");
        if self.json {
            output::tell_json(finding);
            return;
        }
        let style = Style::of_stdout();
        if self.about != finding.about {
            output::tell(&style.bold(&finding.about));
            self.about.clone_from(&finding.about);
        }
        let sign = match finding.outcome {
            "right" => style.green("✓"),
            "notable" => style.yellow("!"),
            _ => style.red("✗"),
        };
        output::tell(&format!("  {sign} {}", finding.sentence));
        if let Some(hint) = &finding.hint {
            output::tell(&format!("    {} {hint}", style.bold("hint:")));
        }
    }

    fn end(self) -> Exit {
        if !self.json {
            let style = Style::of_stdout();
            output::tell("");
            output::tell(&match self.wrong {
                0 => style.green("All is well."),
                1 => style.red("One thing must be changed."),
                many => style.red(&format!("{many} things must be changed.")),
            });
        }
        if self.wrong == 0 { Exit::Done } else { Exit::Failed }
    }
}

/// A lease that is taken and given back is the smallest thing that is written.
async fn writable(desk: &Desk) -> Result<()> {
    let ctx = &desk.ctx;
    let now = ctx.now();
    let until = now + ctx.settings.lease;
    let key = format!("doctor/{}", ctx.holder);
    let claim = ctx.store.work_claim(&key, &ctx.holder, "a look", until, now).await?;
    if let store::Claim::Granted(lease) = claim {
        ctx.store.work_release(&lease).await?;
    }
    Ok(())
}
