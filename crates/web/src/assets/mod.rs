//! Style sheet, scripts and icon, part of the binary. Their paths change with their content, so browsers
//! may keep them for ever.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use xxhash_rust::xxh3::xxh3_64;

const STYLE: &str = include_str!("style.css");
const LIVE: &str = include_str!("live.js");
const TRY: &str = include_str!("try.js");
const MARK: &str = include_str!("mark.svg");
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Where the style sheet is.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("style", STYLE, "css"));

/// Where the script is.
pub static LIVE_PATH: LazyLock<String> = LazyLock::new(|| path("live", LIVE, "js"));

/// Where the script of the API's page is.
pub static TRY_PATH: LazyLock<String> = LazyLock::new(|| path("try", TRY, "js"));

/// Where the icon is.
pub static MARK_PATH: LazyLock<String> = LazyLock::new(|| path("mark", MARK, "svg"));

/// All of them.
pub fn routes() -> Router<crate::State> {
    Router::new()
        .route(&STYLE_PATH, get(async || file("text/css; charset=utf-8", STYLE)))
        .route(&LIVE_PATH, get(async || file("text/javascript; charset=utf-8", LIVE)))
        .route(&TRY_PATH, get(async || file("text/javascript; charset=utf-8", TRY)))
        .route(&MARK_PATH, get(async || file("image/svg+xml", MARK)))
}

fn path(name: &str, content: &str, kind: &str) -> String {
    format!("/assets/{name}-{:016x}.{kind}", xxh3_64(content.as_bytes()))
}

type File = ([(header::HeaderName, &'static str); 2], &'static str);

fn file(kind: &'static str, content: &'static str) -> File {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_EVER)], content)
}
