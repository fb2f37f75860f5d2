//! The sources of this process as configuration and dashboard have them now: what is set up, changed or
//! paused in the dashboard is noticed by every process within some seconds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use engine::worker::{Rostered, Scheduled};
use store::SetUpRow;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::config;
use crate::wiring::{Desk, Shown};

/// How often is looked, in real time.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// The sources of this process, and who is told when they change.
pub struct Roster<'d> {
    desk: &'d Desk,
    /// Sources of the configuration, where this process reads any.
    configured: Vec<Scheduled>,
    reads: bool,
    sources: watch::Sender<Arc<Vec<Rostered>>>,
    shown: watch::Sender<Arc<Shown>>,
    /// What was there at the last look.
    seen: Option<Vec<SetUpRow>>,
    /// Those of the dashboard that could be connected, by their version.
    kept: BTreeMap<i64, (i64, Scheduled)>,
    /// Why others could not, so that it is said once.
    troubles: HashMap<i64, String>,
}

impl<'d> Roster<'d> {
    /// The sources as they are. Where it `reads`, every door of the configuration is tried before the
    /// first request, so that a missing token is told at once.
    pub async fn open(desk: &'d Desk, reads: bool) -> Result<Self> {
        let mut configured = Vec::new();
        if reads {
            for source in desk.configured() {
                let source = desk.source(source).await?;
                let rhythm = desk.rhythm(&source.row)?;
                configured.push(Scheduled { source, rhythm });
            }
        }
        let (sources, _) = watch::channel(Arc::default());
        let (shown, _) = watch::channel(Arc::default());
        let (kept, troubles) = (BTreeMap::new(), HashMap::new());
        let mut roster =
            Self { desk, configured, reads, sources, shown, seen: None, kept, troubles };
        roster.look().await?;
        Ok(roster)
    }

    /// The sources to be read.
    pub fn sources(&self) -> watch::Receiver<Arc<Vec<Rostered>>> {
        self.sources.subscribe()
    }

    /// What pages know of them.
    pub fn shown(&self) -> watch::Receiver<Arc<Shown>> {
        self.shown.subscribe()
    }

    /// Looks again and again until `stop`.
    pub async fn keep(mut self, stop: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Err(error) = self.look().await {
                tracing::debug!("Which sources there are is not known: {error}");
            }
        }
    }

    async fn look(&mut self) -> Result<()> {
        let rows = self.desk.ctx.store.set_ups_list().await?;
        // What could not be connected may be mended by now, such as by a key put back.
        let is_known = self.seen.as_ref() == Some(&rows);
        if is_known && self.troubles.is_empty() {
            return Ok(());
        }
        let own = self.desk.set_up_here(&rows).await?;
        let all: Vec<&config::Source> = self.desk.configured().chain(own.iter()).collect();
        let mut shown = self.desk.shown(&all);
        if self.reads {
            let paused =
                |id: i64| rows.iter().any(|row| row.source_id == id && row.paused_at.is_some());
            let mut roster = Vec::new();
            for scheduled in &self.configured {
                let is_paused = paused(scheduled.source.row.id.0);
                roster.push(Rostered { is_paused, ..Rostered::fixed(scheduled.clone()) });
            }
            for source in &own {
                let Some(row) = rows.iter().find(|row| row.name == source.name) else { continue };
                let Some(scheduled) = self.connected(source, row).await else { continue };
                let (version, is_paused) = (row.version.unwrap_or(0), paused(row.source_id));
                roster.push(Rostered { scheduled, version, is_paused });
            }
            if !is_known || roster.len() != self.sources.borrow().len() {
                self.sources.send_replace(Arc::new(roster));
            }
        }
        for rostered in self.sources.borrow().iter() {
            let source = &rostered.scheduled.source;
            shown.live.insert(source.row.name.clone(), Arc::clone(&source.connection));
        }
        self.shown.send_replace(Arc::new(shown));
        self.seen = Some(rows);
        Ok(())
    }

    /// The way to a source that was set up in the dashboard; the same one while nothing was changed.
    async fn connected(&mut self, source: &config::Source, row: &SetUpRow) -> Option<Scheduled> {
        let version = row.version.unwrap_or(0);
        if let Some((_, known)) = self.kept.get(&row.source_id).filter(|(of, _)| *of == version) {
            return Some(known.clone());
        }
        let made = async {
            let source = self.desk.source(source).await?;
            let rhythm = self.desk.rhythm_of(row)?;
            Ok::<_, anyhow::Error>(Scheduled { source, rhythm })
        };
        match made.await {
            Ok(scheduled) => {
                self.troubles.remove(&row.source_id);
                self.kept.insert(row.source_id, (version, scheduled.clone()));
                Some(scheduled)
            }
            Err(error) => {
                let why = error.to_string();
                if self.troubles.insert(row.source_id, why.clone()) != Some(why) {
                    tracing::warn!(source = %row.name, "{} is not read here: {error}", row.name);
                }
                None
            }
        }
    }
}
