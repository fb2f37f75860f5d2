//! How every page looks, as a person reads it, in four worlds: with nothing in it, as on any day, with
//! very much, and with names that mean harm. What they are is kept beside this, a file for each page;
//! both databases must show the same.
//!
//! A page that changed on purpose: `INSTA_UPDATE=always cargo xtask test -- looks`, and read the
//! difference.

mod text;
mod worlds;

use std::fmt::Write as _;

use axum::http::Method;
use insta::{assert_snapshot, with_settings};
use testkit::on_both_databases;
use web::{PageRoute, To};

use crate::browser::Browser;
use crate::people::PASSWORD;
use text::read;
use worlds::{KINDS, Kind, World};

/// Pages to look at: what is sent as a file or for as long as one listens is no page, and what the
/// program is made of changes with everything that changes.
fn pages() -> Vec<PageRoute> {
    let is_page = |page: &PageRoute| {
        let no_page = ["export", "evidence.zip", "{statement}", "/live", "/about"];
        page.method == Method::GET && !no_page.iter().any(|part| page.path.contains(part))
    };
    web::pages().into_iter().filter(is_page).collect()
}

/// The name of a page's file.
fn file_of(page: &PageRoute) -> String {
    let words = page.path.replace(['{', '}'], "").replace('/', "-");
    let name = words.trim_matches('-');
    if name.is_empty() { "front".to_owned() } else { name.to_owned() }
}

on_both_databases! {
    async fn every_page_looks_as_it_did(db) {
        let mut looks = vec![String::new(); pages().len()];
        let mut before: Vec<Option<(Kind, String)>> = vec![None; pages().len()];
        for kind in KINDS {
            let world = World::of(&db, kind).await;
            let mut olga = Browser::signed_in(&world.state, "olga", PASSWORD).await;
            let mut nobody = Browser::of(&world.state);
            for ((page, looks), before) in pages().iter().zip(&mut looks).zip(&mut before) {
                let url = world.url(page.path);
                let who = if page.to == To::Anybody { &mut nobody } else { &mut olga };
                let answer = who.get(&url).await;
                let shown = read(&answer, &url);
                let is_as = before.as_ref().filter(|(_, text)| *text == shown);
                let told = is_as.map_or_else(|| shown.clone(), |(kind, _)| format!("as {kind}\n"));
                write!(looks, "=== {kind} · {url} · {}\n\n{told}\n", answer.status.as_u16())
                    .expect("a text grows");
                *before = Some(is_as.cloned().unwrap_or((kind, shown)));
            }
            world.leave().await;
        }
        for (page, looks) in pages().iter().zip(looks) {
            with_settings!({
                snapshot_path => "pages",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                assert_snapshot!(file_of(page), looks);
            });
        }
    }
}
