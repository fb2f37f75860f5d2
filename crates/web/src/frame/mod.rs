//! What surrounds every page: title, navigation, notice, and as of when its numbers are.

use askama::Template;
use axum::response::Html;
use domain::Timestamp;

use crate::failure::Failure;
use crate::{assets, figures};

/// The surroundings of one page.
pub struct Frame {
    /// The page's title.
    pub title: String,
    /// The path of the navigation's entry that the page belongs to.
    pub here: &'static str,
    /// The notice of every page.
    pub notice: Option<String>,
    /// As of when its numbers are, for people.
    pub as_of: Option<String>,
    /// Where the style sheet is.
    pub style: &'static str,
    /// Where the icon is.
    pub mark: &'static str,
}

impl Frame {
    /// The surroundings of a page whose numbers were read at `as_of`.
    pub fn new(
        title: impl Into<String>,
        here: &'static str,
        notice: Option<String>,
        as_of: Option<Timestamp>,
    ) -> Self {
        Self {
            title: title.into(),
            here,
            notice,
            as_of: as_of.map(figures::second),
            style: &assets::STYLE_PATH,
            mark: &assets::MARK_PATH,
        }
    }
}

/// The page as HTML.
pub fn html(page: &impl Template) -> Result<Html<String>, Failure> {
    let text = page.render().map_err(|error| Failure::Defect { detail: error.to_string() })?;
    Ok(Html(text))
}
