//! The parameters of the call history, read as the server reads them. Unknown ones are ignored.

use jiff::Timestamp;

use crate::server::{Answer, Asked};

use super::answers::error;
use super::settings::{LimitOverMax, Paging, Settings};

const LIMIT_DEFAULT: usize = 50;

/// One question to the call history.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) status: Option<String>,
    pub(super) direction: Option<String>,
    pub(super) agent: Option<String>,
    /// Only calls of the key's own user.
    pub(super) is_of_user: bool,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    pub(super) limit: usize,
    pub(super) skip: usize,
}

impl Query {
    pub(super) fn read(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let limit = limit(asked, settings)?;
        let skip = match settings.paging {
            Paging::Ignored => 0,
            Paging::Honoured => {
                let page = number(asked, "page")?.unwrap_or(1).max(1);
                number(asked, "offset")?.unwrap_or((page - 1) * limit)
            }
        };
        let text = |name: &str| asked.param(name).map(str::to_owned);
        Ok(Self {
            status: text("call_status"),
            direction: text("direction"),
            agent: text("agent_id"),
            is_of_user: !matches!(asked.param("is_admin"), Some("true" | "True" | "1")),
            from: instant(asked, "start_date")?,
            to: instant(asked, "end_date")?,
            limit,
            skip,
        })
    }
}

fn limit(asked: &Asked, settings: &Settings) -> Result<usize, Answer> {
    let limit = number(asked, "limit")?.unwrap_or(LIMIT_DEFAULT);
    match settings.limit_over_max {
        _ if limit == 0 => Err(error(400, "limit must be positive")),
        LimitOverMax::Refuse400 if limit > settings.limit_max => {
            Err(error(400, "limit is too large"))
        }
        _ => Ok(limit.min(settings.limit_max)),
    }
}

fn number(asked: &Asked, name: &str) -> Result<Option<usize>, Answer> {
    let read =
        |text: &str| text.parse().map_err(|_not_one| error(400, &format!("{name} is no number")));
    asked.param(name).map(read).transpose()
}

fn instant(asked: &Asked, name: &str) -> Result<Option<i64>, Answer> {
    let read = |text: &str| {
        let instant = text.parse::<Timestamp>();
        instant
            .map(Timestamp::as_millisecond)
            .map_err(|_not_one| error(400, &format!("bad {name}")))
    };
    asked.param(name).map(read).transpose()
}
