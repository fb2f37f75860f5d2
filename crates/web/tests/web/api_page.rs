//! The page of the API: every route there is, and where its forms lead.

use axum::http::{Method, StatusCode};
use domain::access::Area;
use testkit::on_both_databases;

use crate::browser::Browser;
use crate::people::{PASSWORD, People};

async fn page(people: &People, who: &str) -> String {
    let mut browser = Browser::signed_in(&people.state, who, PASSWORD).await;
    let answer = browser.get("/api").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

on_both_databases! {
    async fn every_route_is_shown_to_whoever_may_use_it(db) {
        let people = People::of(&db).await;
        for (who, is_operator) in [("olga", true), ("anna", false)] {
            let page = page(&people, who).await;
            for route in web::table() {
                let (method, path) = (&route.method, route.path);
                let is_theirs = is_operator || route.needs.area == Area::Accounts;
                let heading = format!("<code><b>{method}</b> {path}</code>");
                assert_eq!(page.contains(&heading), is_theirs, "{who}: {method} {path}");
                let form = format!("data-path=\"{path}\"");
                let is_tried = web::table().into_iter().any(|it| {
                    let is_theirs = is_operator || it.needs.area == Area::Accounts;
                    it.path == path && it.method == Method::GET && is_theirs
                });
                assert_eq!(page.matches(&form).count(), usize::from(is_tried), "{who}: {path}");
            }
            assert_eq!(page.contains("href=\"/tokens\""), is_operator);
            // Its words, its numbers and its choices are those of the document.
            assert!(page.contains("Of the source of this name only."), "{page}");
            assert!(page.contains("<option>false</option>"), "{page}");
        }
    }

    async fn a_form_leads_to_its_route_and_nowhere_else(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        for (asked, to) in [
            ("route=/status", "/api/v1/status"),
            ("route=/calls&source=main&limit=&from=2026-11-01", "/api/v1/calls?from=2026-11-01&source=main"),
            ("route=/calls/{source}/{call}&source=ma+in&call=a/b%3F&raw=true", "/api/v1/calls/ma%20in/a%2Fb%3F?raw=true"),
            ("route=/runs/{run}&run=%0d%0aSet-Cookie:x=y", "/api/v1/runs/Set-Cookie%3Ax%3Dy"),
            ("route=/runs&a%26b%3d=1%262", "/api/v1/runs?a%26b%3D=1%262"),
        ] {
            let answer = olga.get(&format!("/api?{asked}")).await;
            assert_eq!((answer.status, answer.to()), (StatusCode::SEE_OTHER, to), "{asked}");
        }
        for (asked, status) in [
            ("route=", StatusCode::NOT_FOUND),
            ("route=//evil.example", StatusCode::NOT_FOUND),
            ("route=/jobs/{job}/cancel&job=1", StatusCode::NOT_FOUND),
            ("route=/runs/{run}&run=+", StatusCode::BAD_REQUEST),
            ("route=/runs/{run}", StatusCode::BAD_REQUEST),
        ] {
            let answer = olga.get(&format!("/api?{asked}")).await;
            assert_eq!(answer.status, status, "{asked}: {}", answer.text);
            assert!(answer.text.contains("<!doctype html>"), "{asked} is answered as a page");
        }
    }

    async fn the_page_keeps_to_the_policy_of_all_pages(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let answer = olga.get("/api").await;
        let policy = answer.headers["content-security-policy"].to_str().expect("it is text");
        assert!(policy.contains("script-src 'self'; connect-src 'self'"), "{policy}");
        for inline in ["<script>", "style=\"", " onclick=", " onsubmit=", "javascript:"] {
            assert!(!answer.text.contains(inline), "{inline}");
        }
        // What a token is typed into has no name, so that no form sends it.
        let (_, field) = answer.text.split_once("id=\"token\"").expect("there is a field");
        assert!(!field.split('>').next().is_some_and(|tag| tag.contains("name=")), "{field}");
        let (_, script) = answer.text.split_once("src=\"/assets/try-").expect("there is a script");
        let name = script.split('"').next().expect("it has an end");
        let script = olga.get(&format!("/assets/try-{name}")).await.text;
        for lasting in ["localStorage", "sessionStorage", "document.cookie", "innerHTML"] {
            assert!(!script.contains(lasting), "{lasting}");
        }
    }
}
