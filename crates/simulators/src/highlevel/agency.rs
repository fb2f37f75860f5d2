//! What an agency's token is for (§5.3): listing installed sub-accounts and minting their tokens.
//!
//! The newer names of both paths exist under `Version: v3` only.

use serde_json::{Value, json};

use crate::server::{Answer, Asked};
use crate::world::Location;

use super::access::{Access, scopes};
use super::admission;
use super::errors::{bad_request, cannot, error};
use super::oauth::{Given, body};

const MINT: [&str; 2] = ["/oauth/locationToken", "/oauth/location-token"];
const INSTALLED: [&str; 2] = ["/oauth/installedLocations", "/oauth/installed-locations"];

/// Answers a request to the agency's endpoints; `None` when it is for something else.
pub(crate) fn answer(
    access: &Access,
    location: &Location,
    asked: &Asked,
    now: i64,
) -> Option<Answer> {
    let (path, method) = (asked.path.as_str(), asked.method.as_str());
    let is_v3 = asked.header("version") == Some("v3");
    if !is_v3 && (path == MINT[1] || path == INSTALLED[1]) {
        return Some(cannot(method, path));
    }
    let answered = match method {
        "POST" if MINT.contains(&path) => mint(access, location, asked, now),
        "GET" if INSTALLED.contains(&path) => {
            installed(access, location, asked, now, path == INSTALLED[1])
        }
        _ => return None,
    };
    Some(answered.unwrap_or_else(|refusal| refusal))
}

fn mint(access: &Access, location: &Location, asked: &Asked, now: i64) -> Result<Answer, Answer> {
    let caller = admission::recognise(access, asked, now)?;
    admission::admit_agency(&caller, scopes::OAUTH_WRITE)?;
    let given = Given::read(asked);
    let company_id = given.required("companyId", "company_id")?;
    let location_id = given.required("locationId", "location_id")?;
    if company_id != location.company_id || location_id != location.id {
        return Err(error(403, "You do not have permission to access this resource"));
    }
    if !access.is_location_active() {
        return Err(error(400, "Location is not active"));
    }
    let pair = access.mint(location_id, now);
    let is_v3 = asked.header("version") == Some("v3");
    Ok(Answer::json(200, body(&pair, company_id, is_v3)))
}

fn installed(
    access: &Access,
    location: &Location,
    asked: &Asked,
    now: i64,
    is_v3_shape: bool,
) -> Result<Answer, Answer> {
    let caller = admission::recognise(access, asked, now)?;
    admission::admit_agency(&caller, scopes::OAUTH_READ)?;
    let company_id = asked.param("companyId").ok_or_else(bad_request)?;
    let app_id = asked.param("appId").ok_or_else(bad_request)?;
    if company_id != location.company_id || !access.client_id.starts_with(app_id) {
        return Err(error(403, "You do not have permission to access this resource"));
    }
    let skip: usize = asked.param("skip").and_then(|skip| skip.parse().ok()).unwrap_or(0);
    let all = [json!({
        "_id": location.id,
        "name": location.name,
        "address": "1 Maple Street, Springfield",
        "isInstalled": true,
    })];
    let page: Vec<&Value> = all.iter().skip(skip).collect();
    let body = if is_v3_shape {
        json!({
            "items": page,
            "pagination": {
                "hasNextPage": false,
                "hasPrevPage": false,
                "currentPageSize": page.len(),
                "totalRecords": all.len(),
            },
        })
    } else {
        json!({ "locations": page, "count": all.len(), "installToFutureLocations": true })
    };
    Ok(Answer::json(200, body.to_string()))
}
