//! What surrounds every page: title, navigation, notice, and as of when its numbers are.

mod nav;
mod who;

use askama::Template;
use axum::response::Html;
use domain::Timestamp;
use domain::access::Area;

use crate::failure::Failure;
use crate::guest::Guest;
use crate::zone::{When, Zone};
use crate::{State, assets};
use nav::Group;
use who::WhoIs;

/// The surroundings of one page.
pub struct Frame {
    /// The page's title.
    pub title: String,
    /// The navigation.
    pub groups: Vec<Group>,
    /// Whether whoever looks may ask for a sync.
    pub can_sync: bool,
    /// The notice of every page.
    pub notice: Option<String>,
    /// When its numbers were read.
    read_at: Option<Timestamp>,
    /// The same for people.
    pub as_of: Option<When>,
    /// The zone in which it tells instants, where that is not UTC.
    pub zone: Option<String>,
    /// Who is signed in.
    pub who: Option<WhoIs>,
    /// What every form that changes something carries in its field `csrf`.
    pub csrf: String,
    /// Whether a browser without scripts asks for it again and again.
    pub is_reloading: bool,
    /// Where the script is.
    pub live: &'static str,
    /// Where a script of this page alone is.
    pub own_script: Option<&'static str>,
    /// Where the style sheet is.
    pub style: &'static str,
    /// Where the icon is.
    pub mark: &'static str,
}

impl Frame {
    /// The surroundings of a page for whoever asks.
    pub fn new(state: &State, guest: &Guest, title: impl Into<String>, here: &'static str) -> Self {
        let groups = nav::groups(guest, here);
        let csrf = guest.csrf().to_owned();
        let can_sync = guest.may_see(Area::Operators);
        let who = who::who(guest);
        Self { groups, can_sync, who, csrf, ..Self::plain(title, state.notice.clone()) }
    }

    /// The surroundings of a page that is the same for everybody.
    pub fn plain(title: impl Into<String>, notice: Option<String>) -> Self {
        Self {
            title: title.into(),
            groups: Vec::new(),
            can_sync: false,
            notice,
            read_at: None,
            as_of: None,
            zone: None,
            who: None,
            csrf: String::new(),
            is_reloading: false,
            live: &assets::LIVE_PATH,
            own_script: None,
            style: &assets::STYLE_PATH,
            mark: &assets::MARK_PATH,
        }
    }

    /// What it shows goes on: a browser without scripts asks for it again and again.
    #[must_use]
    pub fn reloading(self, is_reloading: bool) -> Self {
        Self { is_reloading, ..self }
    }

    /// It has a script of its own.
    #[must_use]
    pub fn script(self, path: &'static str) -> Self {
        Self { own_script: Some(path), ..self }
    }

    /// Its instants are told in this zone.
    #[must_use]
    pub fn zone(self, zone: &Zone) -> Self {
        let as_of = self.read_at.map(|at| zone.second(at));
        Self { as_of, zone: (!zone.is_utc()).then(|| zone.name.clone()), ..self }
    }

    /// Its numbers were read at this instant.
    #[must_use]
    pub fn read_at(self, as_of: Timestamp) -> Self {
        Self { read_at: Some(as_of), as_of: Some(Zone::utc().second(as_of)), ..self }
    }
}

/// The page as HTML.
pub fn html(page: &impl Template) -> Result<Html<String>, Failure> {
    let text = page.render().map_err(|error| Failure::Defect { detail: error.to_string() })?;
    Ok(Html(text))
}
