//! The Non-Agent API: the clock, and control totals. It lists no calls, so none are read from it.
//!
//! Every answer is 200, an error too; its text repeats the password, so no text of it is kept.

use std::sync::Arc;

use domain::Timestamp;
use secrecy::SecretString;
use url::Url;

use super::Settings;
use crate::http::budget::{Budgets, Rate};
use crate::http::{Answer, Failure, Http, Misread, Request};
use crate::{ConnectError, SourceError, Tuning, Wait};

/// How the API's log names us.
const SOURCE: &str = "everycall";

/// A client of the API.
pub(super) struct Api {
    http: Http,
    url: Url,
    user: Option<(String, SecretString)>,
}

/// What `version` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    /// Its clock.
    pub now: Timestamp,
    /// Its present offset from UTC, in seconds.
    pub offset_seconds: i64,
}

/// What `call_status_stats` says of one campaign or queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Total {
    /// Which.
    pub group: String,
    /// Its calls.
    pub calls: u64,
    /// The same by hour, where it says so.
    pub hours: Option<[u64; 24]>,
}

/// An empty answer, which it calls an error.
const NONE: &str = "it found nothing";

/// Why the API gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// It said why, in words of ours.
    Said(&'static str),
    /// It could not be asked.
    Source(SourceError),
}

impl Api {
    pub fn new(
        settings: &Settings,
        password: Option<SecretString>,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Option<Self>, ConnectError> {
        let Some(url) = settings.api_address()? else { return Ok(None) };
        let user = match (&settings.api_user, password) {
            (Some(user), Some(password)) => Some((user.clone(), password)),
            (Some(_), None) => {
                let why = "`api_user` needs `api_password_env` or `api_password_file`".to_owned();
                return Err(ConnectError::Setting { why });
            }
            (None, _) => None,
        };
        // Every request writes into the dialler's tables, so few are made.
        let second = std::time::Duration::from_secs(1);
        let usual = Rate::AtMost { requests: 2, interval: second, per_day: 10_000 };
        let budget = budgets.of(&[url.as_str()], tuning.rate.unwrap_or(usual), 1);
        let http = Http::new(&url, tuning.limits(), wait, budget)?;
        Ok(Some(Self { http, url, user }))
    }

    /// Its clock; needs no user.
    pub async fn version(&self) -> Result<Version, Refused> {
        let text = self.ask("version", Vec::new()).await?;
        version(&text).ok_or(Refused::Said("it answered with something other than its version"))
    }

    /// Whether control totals can be asked for.
    pub fn has_user(&self) -> bool {
        self.user.is_some()
    }

    /// How many calls one day has by its own counting, one line for each campaign and queue.
    pub async fn totals_of_day(&self, day: &str, campaigns: &str) -> Result<Vec<Total>, Refused> {
        let fields = vec![
            ("campaigns", campaigns.to_owned()),
            ("query_date", day.to_owned()),
            ("ingroups", String::new()),
            ("statuses", String::new()),
        ];
        match self.ask("call_status_stats", fields).await {
            Ok(text) => totals(&text),
            Err(Refused::Said(NONE)) => Ok(Vec::new()),
            Err(refused) => Err(refused),
        }
    }

    async fn ask(
        &self,
        function: &'static str,
        fields: Vec<(&'static str, String)>,
    ) -> Result<String, Refused> {
        // In a form, not in the address: addresses are written into logs of web servers.
        let secret = |text: &str| SecretString::from(text.to_owned());
        let mut form = vec![("function", secret(function)), ("source", secret(SOURCE))];
        if let Some((user, password)) = &self.user {
            form.extend([("user", secret(user)), ("pass", password.clone())]);
        }
        form.extend(fields.iter().map(|(name, value)| (*name, secret(value))));
        let name = format!("Non-Agent API, {function}");
        let request = Request {
            name,
            url: self.url.clone(),
            headers: Vec::new(),
            key: None,
            form: Some(form),
        };
        let read = |answer: &Answer| text(answer);
        match self.http.send(&request, read).await {
            Ok(text) => said(&text, function).map_or(Ok(text), |why| Err(Refused::Said(why))),
            Err(Failure::Refused(_)) => Err(Refused::Said("it is not at this address")),
            Err(Failure::Source(error)) => Err(Refused::Source(error)),
        }
    }
}

fn text(answer: &Answer) -> Result<String, Misread> {
    let text = String::from_utf8_lossy(&answer.body).trim().to_owned();
    if text.is_empty() {
        return Err(Misread::Broken("it answered with nothing".to_owned()));
    }
    Ok(text)
}

/// What an error means; nothing if it is none. Its own words may hold the password.
fn said(text: &str, function: &str) -> Option<&'static str> {
    // PHP complains in the middle of an answer, of which the rest is then worth nothing.
    let is_complaint = |line: &str| {
        let line = line.trim_start_matches("<br />").trim_start_matches("<b>");
        ["Warning", "Fatal error", "Parse error", "Notice"].iter().any(|it| line.starts_with(it))
    };
    if text.lines().map(str::trim).any(is_complaint) {
        return Some("its web server complains in the middle of the answer");
    }
    if text.starts_with('<') {
        return Some("it answered with a web page");
    }
    // An error may come second: a wrong source is complained of beside the real trouble.
    let error = text.lines().map(str::trim).find(|line| line.starts_with("ERROR:"))?;
    let has = |words: &str| error.contains(words);
    Some(match () {
        () if has("Login incorrect") => "the login is wrong; check `api_user` and its password",
        () if has("Too many login attempts") => {
            "the user is locked for 15 minutes after ten wrong logins"
        }
        () if has("IP Address is not allowed") => "this machine's address is not allowed",
        () if has("DOES NOT HAVE PERMISSION") => {
            "the user lacks a right: level 9, `view_reports` and the function itself are needed"
        }
        () if has("Invalid Source") => "it does not accept our name",
        () if has("NO FUNCTION SPECIFIED") => "it does not know this function",
        // Only the function's own words for it mean that there are none.
        () if has(&format!("{function} NO RECORDS FOUND"))
            || has(&format!("{function} NO MATCHES FOUND IN THE SYSTEM")) =>
        {
            NONE
        }
        () if has("INVALID SEARCH PARAMETERS") => "it does not understand what it was asked for",
        () => "it answered with an error",
    })
}

/// `VERSION: 2.14-917a|BUILD: 240101-1200|DATE: …|EPOCH: n|DST: 1|TZ: -5.00|TZNOW: -4|`.
fn version(text: &str) -> Option<Version> {
    let field = |name: &str| {
        let found = text.split('|').find_map(|part| part.trim().strip_prefix(name));
        found.map(str::trim)
    };
    let seconds: i64 = field("EPOCH:")?.parse().ok()?;
    let hours: f64 = field("TZNOW:")?.parse().ok()?;
    let offset = hours * 3600.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a few hours")]
    let offset_seconds = (offset.abs() <= 86_400.0).then_some(offset as i64)?;
    Some(Version { now: Timestamp::from_millis(seconds.checked_mul(1000)?), offset_seconds })
}

/// Lines of `id|total|human|00-n,…|STATUS-n,…|`; a line that is otherwise, or whose sums differ from
/// its total, makes all of it useless: it may have been cut.
fn totals(text: &str) -> Result<Vec<Total>, Refused> {
    let otherwise = Refused::Said("its totals cannot be read");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| total(line).ok_or_else(|| otherwise.clone())).collect()
}

fn total(line: &str) -> Option<Total> {
    let fields: Vec<&str> = line.trim().split('|').map(str::trim).collect();
    let [group, calls, _human, hours, statuses, .., ""] = fields.as_slice() else { return None };
    let calls: u64 = calls.parse().ok()?;
    let hours = pairs(hours)?;
    let statuses = pairs(statuses)?;
    let sum = |pairs: &[(&str, u64)]| pairs.iter().map(|(_, count)| count).sum::<u64>();
    // Statuses may be a choice; hours never are.
    if sum(&hours) != calls || sum(&statuses) > calls {
        return None;
    }
    let mut of_hours = [0; 24];
    for (hour, count) in hours {
        *of_hours.get_mut(hour.parse::<usize>().ok()?)? += count;
    }
    Some(Total { group: (*group).to_owned(), calls, hours: Some(of_hours) })
}

/// `00-1,01-11`, or nothing. A status may itself contain a hyphen.
fn pairs(text: &str) -> Option<Vec<(&str, u64)>> {
    let pairs = text.split(',').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, count) = pair.rsplit_once('-')?;
            Some((name, count.parse().ok()?))
        })
        .collect()
}
