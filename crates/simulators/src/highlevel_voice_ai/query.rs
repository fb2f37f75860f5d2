//! The parameters of the call log (§2.1), read as the server reads them. Unknown ones are ignored.

use crate::server::{Answer, Asked};

use super::settings::{OmittedCallType, PageSizeOverLimit, RangeRefusal, Settings};
use crate::highlevel::errors::{bad_request, unprocessable};

/// The largest page.
const PAGE_SIZE_MAX: u32 = 50;

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) page: u32,
    pub(super) page_size: u32,
}

impl Paging {
    /// Reads `page` and `pageSize`; a size over the limit is treated as the switch says.
    pub(super) fn read(asked: &Asked, over: PageSizeOverLimit) -> Result<Self, Answer> {
        let page = positive(asked, "page", 1)?;
        let page_size = positive(asked, "pageSize", 10)?;
        let page_size = match over {
            _ if page_size <= PAGE_SIZE_MAX => page_size,
            PageSizeOverLimit::Refuse400 => return Err(bad_request()),
            PageSizeOverLimit::Refuse422 => {
                return Err(unprocessable(&["pageSize must not be greater than 50"]));
            }
            PageSizeOverLimit::ClampTo50 => PAGE_SIZE_MAX,
        };
        Ok(Self { page, page_size })
    }

    /// Where the page starts and ends in a list of this length.
    pub(super) fn bounds(self, length: usize) -> (usize, usize) {
        let size = self.page_size as usize;
        let start = (self.page as usize - 1).saturating_mul(size).min(length);
        (start, (start + size).min(length))
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    CreatedAt { is_descending: bool },
    Duration { is_descending: bool },
}

/// One question to the call log.
#[derive(Debug, Clone)]
pub(super) struct CallQuery {
    pub(super) paging: Paging,
    pub(super) order: Order,
    pub(super) range: Option<(i64, i64)>,
    pub(super) agent_id: Option<String>,
    pub(super) contact_ids: Vec<String>,
    pub(super) action_types: Vec<String>,
    pub(super) is_trial: Option<bool>,
}

impl CallQuery {
    pub(super) fn read(asked: &Asked, settings: &Settings) -> Result<Self, Answer> {
        let paging = Paging::read(asked, settings.page_size_over_limit)?;
        if settings.page_max.is_some_and(|max| paging.page > max) {
            return Err(bad_request());
        }
        Ok(Self {
            paging,
            order: order(asked)?,
            range: range(asked, settings.range_refusal)?,
            agent_id: asked.param("agentId").map(str::to_owned),
            contact_ids: listed(asked, "contactId"),
            action_types: listed(asked, "actionType"),
            is_trial: call_type(asked, settings.omitted_call_type)?,
        })
    }

    /// True when only the range narrows the list.
    pub(super) fn is_plain(&self) -> bool {
        self.agent_id.is_none()
            && self.contact_ids.is_empty()
            && self.action_types.is_empty()
            && self.is_trial.is_none()
    }
}

fn positive(asked: &Asked, name: &str, default: u32) -> Result<u32, Answer> {
    match asked.param(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(value)) if value > 0 => Ok(value),
        Some(_) => Err(bad_request()),
    }
}

/// `sort` counts only together with `sortBy`; without it the newest come first.
fn order(asked: &Asked) -> Result<Order, Answer> {
    let Some(sort_by) = asked.param("sortBy") else {
        return Ok(Order::CreatedAt { is_descending: true });
    };
    let is_descending = match asked.param("sort") {
        None | Some("descend") => true,
        Some("ascend") => false,
        Some(_) => return Err(bad_request()),
    };
    match sort_by {
        "createdAt" => Ok(Order::CreatedAt { is_descending }),
        "duration" => Ok(Order::Duration { is_descending }),
        _ => Err(bad_request()),
    }
}

fn range(asked: &Asked, refusal: RangeRefusal) -> Result<Option<(i64, i64)>, Answer> {
    let (start, end) = match (asked.param("startDate"), asked.param("endDate")) {
        (None, None) => return Ok(None),
        (Some(start), Some(end)) => (start.parse(), end.parse()),
        _ => return Err(bad_request()),
    };
    match (start, end, refusal) {
        (Ok(start), Ok(end), _) if start < end => Ok(Some((start, end))),
        (Ok(_), Ok(_), RangeRefusal::Unprocessable422) => {
            Err(unprocessable(&["startDate must be less than endDate"]))
        }
        _ => Err(bad_request()),
    }
}

fn call_type(asked: &Asked, omitted: OmittedCallType) -> Result<Option<bool>, Answer> {
    match (asked.param("callType"), omitted) {
        (None, OmittedCallType::Both) => Ok(None),
        (None, OmittedCallType::LiveOnly) | (Some("LIVE"), _) => Ok(Some(false)),
        (Some("TRIAL"), _) => Ok(Some(true)),
        (Some(_), _) => Err(bad_request()),
    }
}

fn listed(asked: &Asked, name: &str) -> Vec<String> {
    let parts = asked.param(name).into_iter().flat_map(|text| text.split(','));
    let parts = parts.map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}
