//! Style sheet and icon, part of the binary. Their paths change with their content, so browsers
//! may keep them for ever.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use xxhash_rust::xxh3::xxh3_64;

const STYLE: &str = include_str!("style.css");
const MARK: &str = include_str!("mark.svg");
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Where the style sheet is.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("style", STYLE, "css"));

/// Where the icon is.
pub static MARK_PATH: LazyLock<String> = LazyLock::new(|| path("mark", MARK, "svg"));

/// Both files.
pub fn routes() -> Router<crate::State> {
    Router::new()
        .route(&STYLE_PATH, get(async || file("text/css; charset=utf-8", STYLE)))
        .route(&MARK_PATH, get(async || file("image/svg+xml", MARK)))
}

fn path(name: &str, content: &str, kind: &str) -> String {
    format!("/assets/{name}-{:016x}.{kind}", xxh3_64(content.as_bytes()))
}

type File = ([(header::HeaderName, &'static str); 2], &'static str);

fn file(kind: &'static str, content: &'static str) -> File {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FOR_EVER)], content)
}
