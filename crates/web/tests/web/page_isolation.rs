//! Every page, asked by everybody: who is let in, and that members see their own alone.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use domain::access::{Area, Pace};
use testkit::on_both_databases;
use web::{PageRoute, To};

use crate::browser::Browser;
use crate::people::{PASSWORD, People};
use crate::signing_in::user;
use crate::world::{OPERATOR, birchs_own, number};

/// The address of a page, with what is Alder's where it names something.
async fn url(people: &People, page: &PageRoute) -> String {
    let mut url = page.path.to_owned();
    let user = user(people, "anna").await.to_string();
    for (place, value) in [
        ("{id}", "1"),
        ("{run}", "1"),
        ("{user}", user.as_str()),
        ("{source}", "main"),
        ("{provider}", "twilio"),
        ("{call}", "call-alder-0"),
        ("{account}", &people.world.accounts[0].to_string()),
        ("{contact}", &people.world.contacts[0].to_string()),
        ("{agent}", "1"),
        ("{job}", "1"),
        ("{record}", "1"),
        ("{schedule}", "1"),
        ("{statement}", "1"),
        ("{day}", "2026-11-20"),
    ] {
        url = url.replace(place, value);
    }
    assert!(!url.contains('{'), "say here what stands in {}", page.path);
    url
}

/// Whether a page has a word or a number of an account, or of the calls that are nobody's.
fn tells_of(text: &str, name: &str) -> bool {
    let (area, text) = (number(name, 0)[..8].to_owned(), text.to_lowercase());
    // Pages say “nobody” themselves.
    let words = match name {
        "nobody" => ["agent nobody", "agent-nobody", "call-nobody"],
        name => [name; 3],
    };
    words.iter().any(|word| text.contains(word)) || text.contains(&area)
}

async fn ask(browser: &mut Browser, page: &PageRoute, url: &str) -> crate::Answer {
    if page.method == Method::GET { browser.get(url).await } else { browser.post(url, &[]).await }
}

/// Of these there is none in this world.
fn is_absent(page: &PageRoute) -> bool {
    ["{job}", "{record}", "{statement}", "/diagnostics/{run}"]
        .iter()
        .any(|it| page.path.contains(it))
}

/// Ends what it is asked by, so that whoever is asked after it is nobody.
fn ends_sessions(page: &PageRoute) -> bool {
    page.path == "/sign-out"
}

on_both_databases! {
    async fn nobody_sees_a_page_before_they_sign_in(db) {
        let people = People::of(&db).await;
        let mut nobody = Browser::of(&people.state);
        for page in web::pages() {
            let url = url(&people, &page).await;
            let answer = match page.method {
                Method::GET => nobody.get(&url).await,
                _ => nobody.send(&url, &[("csrf", "x")]).await,
            };
            if page.to == To::Anybody {
                let is_way_in = page.path.starts_with("/sign-in") || page.path == "/set-up";
                assert!(is_way_in, "{} is for anybody", page.path);
                continue;
            }
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {url}", page.method);
            assert!(answer.to().starts_with("/sign-in"), "{url}: {}", answer.to());
            assert_eq!(answer.text, "", "{url}");
        }
    }

    async fn members_see_their_own_account_on_every_page_and_no_page_of_operators(db) {
        let people = People::of(&db).await;
        for (who, own) in [("anna", "alder"), ("bert", "birch"), ("none", "none")] {
            let mut browser = Browser::signed_in(&people.state, who, PASSWORD).await;
            for page in web::pages().into_iter().filter(|page| !ends_sessions(page)) {
                let url = url(&people, &page).await;
                let answer = ask(&mut browser, &page, &url).await;
                let (method, status) = (&page.method, answer.status);
                assert!(!status.is_server_error(), "{who} {method} {url}: {}", answer.text);
                for other in ["alder", "birch", "nobody"].iter().filter(|other| **other != own) {
                    // Their own accounts are told as theirs.
                    assert!(!tells_of(&answer.text, other), "{who} {method} {url} tells of {other}: {}", answer.text);
                }
                // Who did what, and by which run, is the operators'.
                for theirs in [OPERATOR, "/runs/"] {
                    assert!(!answer.text.contains(theirs), "{who} {method} {url}: {}", answer.text);
                }
                match (page.to, page.needs.area) {
                    (To::Area, Area::Operators) => {
                        assert_eq!(status, StatusCode::FORBIDDEN, "{who} {method} {url}");
                        assert!(answer.text.contains("This is for operators"), "{}", answer.text);
                    }
                    (To::Area, Area::Accounts) if who == "none" => {
                        assert_eq!(status, StatusCode::FORBIDDEN, "{who} {method} {url}");
                        assert!(answer.text.contains("no account yet that you may look at"));
                    }
                    (To::Area, Area::Accounts) if who == "anna" && page.method == Method::GET => {
                        let wanted = if is_absent(&page) { StatusCode::NOT_FOUND } else { StatusCode::OK };
                        assert_eq!(status, wanted, "{url}: {}", answer.text);
                    }
                    (To::Area, Area::Accounts) if page.path.contains('{') => {
                        assert!(status.is_client_error(), "{who} {method} {url}: {}", answer.text);
                    }
                    (To::Anybody, _) => {}
                    _ => assert_ne!(answer.to(), "/sign-in", "{who} {url}"),
                }
            }
        }
    }

    async fn an_operator_sees_every_page(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        for page in web::pages().into_iter().filter(|page| page.to != To::Anybody) {
            let url = url(&people, &page).await;
            if page.method != Method::GET {
                continue;
            }
            let answer = olga.get(&url).await;
            if is_absent(&page) {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{url}: {}", answer.text);
                continue;
            }
            assert_eq!(answer.status, StatusCode::OK, "{url}: {}", answer.text);
            let is_file = answer.headers.contains_key("content-disposition");
            let says_who = answer.text.contains("href=\"/sessions\">olga</a>");
            assert!(is_file || says_who, "{url} says who is in");
        }
    }

    async fn a_member_of_two_accounts_looks_at_one_at_a_time(db) {
        let people = People::of(&db).await;
        let mut both = Browser::signed_in(&people.state, "both", PASSWORD).await;
        let [alder, birch] = people.world.accounts.map(|id| id.to_string());
        for (account, own, other) in [(&birch, "birch", "alder"), (&alder, "alder", "birch")] {
            let fields = [("account", account.as_str()), ("next", "/calls?source=main")];
            let chosen = both.post("/look-at", &fields).await;
            assert_eq!(chosen.to(), "/calls?source=main", "{}", chosen.text);
            let calls = both.get("/calls").await.text;
            let (_, list) = calls.split_once("<main").expect("there is a page");
            assert!(tells_of(list, own) && !tells_of(list, other), "{list}");
            let json = both.get("/api/v1/calls").await.text;
            assert!(tells_of(&json, own) && !tells_of(&json, other), "{json}");
            let json = both.get("/api/v1/contacts").await.text;
            assert!(tells_of(&json, own) && !tells_of(&json, other), "{json}");
        }
        // Nobody looks at what is not theirs, and what was taken is not theirs.
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let refused = anna.post("/look-at", &[("account", &birch)]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        let fields = [("account", birch.as_str()), ("next", "//evil.example")];
        assert_eq!(both.post("/look-at", &fields).await.to(), "/");
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let id = user(&people, "both").await;
        olga.post(&format!("/users/{id}/revoke"), &[("account", &birch)]).await;
        let calls = both.get("/calls").await.text;
        assert!(tells_of(&calls, "alder") && !tells_of(&calls, "birch"), "{calls}");
        olga.post(&format!("/users/{id}/revoke"), &[("account", &alder)]).await;
        assert_eq!(both.get("/calls").await.status, StatusCode::FORBIDDEN);
    }

    async fn a_session_looks_at_pages_as_often_as_its_pace_allows(db) {
        let mut people = People::of(&db).await;
        people.state.limits.pages = Pace { burst: 3, per_minute: 60 };
        let router = web::router(people.state.clone());
        let [mut anna, mut bert] = [Browser::at(router.clone()), Browser::at(router)];
        anna.sign_in("anna", PASSWORD).await;
        bert.sign_in("bert", PASSWORD).await;
        for path in ["/", "/calls", "/contacts"] {
            assert_eq!(anna.get(path).await.status, StatusCode::OK, "{path}");
        }
        let refused = anna.get("/calls").await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers["retry-after"], "1");
        assert!(refused.text.contains("Go on in 1 second."), "{}", refused.text);
        assert_eq!(bert.get("/calls").await.status, StatusCode::OK, "each has a pace of their own");
        people.clock.pass(Duration::from_secs(1));
        assert_eq!(anna.get("/calls").await.status, StatusCode::OK);
    }

    /// Which accounts and sources there are is told by no answer to a list that is asked for wrongly.
    async fn what_is_wrong_with_a_list_is_told_alike_whatever_it_names(db) {
        let people = People::of(&db).await;
        birchs_own(&people.world).await;
        let cookie = Browser::signed_in(&people.state, "anna", PASSWORD).await.cookie;
        let asked = async |path: String, name: &str| {
            // At a service of its own, so that a failure has the same id.
            let mut anna = Browser::of(&people.state);
            anna.cookie.clone_from(&cookie);
            let answer = anna.get(&path).await;
            (answer.status, answer.text.replace(name, "…"))
        };
        let long = format!("said={}", "x".repeat(1000));
        let wrong = [
            "placement=bogus", "direction=up", "status=gone", "contact=ann", "number=none", &long,
            "from=once", "to=once", "after=it", "colour=red",
        ];
        for page in ["/api/v1/calls", "/calls", "/calls/export"] {
            for (wrong, status) in wrong.map(|it| (it, StatusCode::BAD_REQUEST)).into_iter().chain([("", StatusCode::OK)]) {
                for (named, rest) in [("account", "%20ltd"), ("source", "line")] {
                    let [theirs, nobodys] = ["birch", "cedar"]
                        .map(|name| asked(format!("{page}?{named}={name}{rest}&{wrong}"), name));
                    let theirs = theirs.await;
                    assert_eq!(theirs.0, status, "{page} {named} {wrong}: {}", theirs.1);
                    assert_eq!(theirs, nobodys.await, "{page} {named} {wrong}");
                }
            }
        }
    }
}
