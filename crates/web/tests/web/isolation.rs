//! Every route of the API, asked by everybody: who is let in, and that nobody sees another's.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use domain::access::Area;
use serde_json::json;
use testkit::on_both_databases;

use crate::schema;
use crate::world::{Asks, OPERATOR, World, number, send, two_accounts};

/// A request for a route, about something of Alder's.
struct Try {
    route: (Method, &'static str),
    asks: Asks,
    /// Whether it names something of Alder's, which is not there for Birch.
    is_alders: bool,
}

/// About something of Alder's.
fn named(method: Method, route: &'static str, asks: Asks) -> Try {
    Try { route: (method, route), asks, is_alders: true }
}

/// About whatever there is.
fn listed(method: Method, route: &'static str, asks: Asks) -> Try {
    Try { is_alders: false, ..named(method, route, asks) }
}

/// One request per route. `turn` tells those apart that can be made once only.
fn tries(world: &World, turn: usize) -> Vec<Try> {
    let mut tries = of_calls();
    tries.extend(of_jobs(turn));
    tries.extend(of_sources(turn));
    tries.extend(of_accounts(world));
    tries.extend(of_assignments());
    tries.extend(of_contacts(world, turn));
    tries
}

fn of_calls() -> Vec<Try> {
    let get = |route, url| listed(Method::GET, route, Asks::get(url));
    let call = Asks::get("/calls/main/call-alder-0?raw=true");
    vec![
        get("/status", "/status"),
        get("/runs", "/runs"),
        get("/runs/{run}", "/runs/1"),
        get("/calls", "/calls?source=main"),
        get("/calls/changes", "/calls/changes?limit=500"),
        get("/agents", "/agents?source=main"),
        get("/waiting", "/waiting"),
        get("/audit", "/audit?limit=500"),
        named(Method::GET, "/calls/{source}/{call}", call),
    ]
}

/// Each turn asks for another span, for what waits already is not asked again.
fn of_jobs(turn: usize) -> Vec<Try> {
    let span =
        |from: &str| json!({ "kind": "sync", "source": "main", "from": from, "to": "2026-10-02" });
    let asked = Asks::post("/jobs", &span(&format!("2026-09-0{}", turn + 1)));
    let cancelled = Asks::bare(Method::POST, "/jobs/1/cancel");
    let said = json!({ "name": format!("turn {turn}"), "cron": "0 6 * * mon", "source": "main" });
    let kept = Asks::post("/schedules", &said);
    let [paused, resumed, run] = ["pause", "resume", "run"]
        .map(|what| Asks::bare(Method::POST, format!("/schedules/12/{what}")));
    let removed = Asks::bare(Method::DELETE, format!("/schedules/{}", turn + 1));
    vec![
        listed(Method::GET, "/jobs", Asks::get("/jobs?source=main")),
        listed(Method::POST, "/jobs", asked),
        listed(Method::GET, "/jobs/{job}", Asks::get("/jobs/1")),
        listed(Method::POST, "/jobs/{job}/cancel", cancelled),
        listed(Method::GET, "/schedules", Asks::get("/schedules")),
        listed(Method::POST, "/schedules", kept),
        listed(Method::DELETE, "/schedules/{schedule}", removed),
        listed(Method::POST, "/schedules/{schedule}/pause", paused),
        listed(Method::POST, "/schedules/{schedule}/resume", resumed),
        listed(Method::POST, "/schedules/{schedule}/run", run),
    ]
}

/// Nobody answers where these sources are said to be, and they are kept all the same.
fn source(name: &str) -> Asks {
    let settings = json!({ "location_id": "loc", "base_url": "http://127.0.0.1:1" });
    Asks::post(
        "/sources",
        &json!({
            "name": name, "provider": "highlevel_voice_ai", "since": "2026-03-01",
            "settings": settings, "secret": "pit-secret", "anyway": true,
        }),
    )
}

fn of_sources(turn: usize) -> Vec<Try> {
    let other =
        Asks::post("/sources/desk/credential", &json!({ "secret": "pit-2", "anyway": true }));
    let rests = Asks::post("/sources/desk/pause", &json!({ "rests": false }));
    let examined = Asks::bare(Method::POST, "/sources/desk/examine");
    let less = json!({ "everyMinutes": 10 + turn, "contacts": null });
    let changed = Asks::json(Method::PATCH, "/sources/desk", &less);
    vec![
        listed(Method::GET, "/sources/{source}", Asks::get("/sources/desk")),
        listed(Method::PATCH, "/sources/{source}", changed),
        listed(Method::POST, "/sources", source(&format!("desk-{turn}"))),
        listed(Method::POST, "/sources/{source}/credential", other),
        listed(Method::POST, "/sources/{source}/examine", examined),
        listed(Method::POST, "/sources/{source}/pause", rests),
    ]
}

fn of_accounts(world: &World) -> Vec<Try> {
    let at = format!("/accounts/{}", world.accounts[0]);
    let added = Asks::post("/accounts", &json!({ "name": "cedar", "country": "AT" }));
    let file = Asks::csv("/accounts/import", "name,country\ndogwood,AT\n,US\n");
    let url = format!("{at}?preview=true");
    let changed = Asks::json(Method::PATCH, url, &json!({ "country": "DE" }));
    let post = |rest: &str| Asks::bare(Method::POST, format!("{at}{rest}"));
    vec![
        listed(Method::GET, "/accounts", Asks::get("/accounts?archived=true")),
        listed(Method::POST, "/accounts", added),
        listed(Method::POST, "/accounts/import", file),
        named(Method::GET, "/accounts/{account}", Asks::get(at.clone())),
        named(Method::PATCH, "/accounts/{account}", changed),
        // One in which nothing is.
        named(Method::DELETE, "/accounts/{account}", Asks::bare(Method::DELETE, "/accounts/3")),
        named(Method::POST, "/accounts/{account}/archive", post("/archive")),
        named(Method::POST, "/accounts/{account}/unarchive", post("/unarchive")),
    ]
}

fn of_assignments() -> Vec<Try> {
    let said = json!({ "agent": "agent-nobody", "account": "alder ltd", "source": "main" });
    let ended = json!({ "agent": "agent-alder", "source": "main" });
    let file = "number,account\n+14045559999,alder ltd\n";
    let file = Asks::csv("/assignments/import?dryRun=true", file);
    let out = json!({ "number": "+14045559998", "source": "main" });
    let tests = json!({ "testCalls": true, "source": "main" });
    let post = |route, url: &str, said| named(Method::POST, route, Asks::post(url, said));
    vec![
        listed(Method::GET, "/assignments", Asks::get("/assignments")),
        post("/assignments", "/assignments", &said),
        post("/assignments/end", "/assignments/end?preview=true", &ended),
        named(Method::POST, "/assignments/import", file),
        listed(Method::GET, "/rules", Asks::get("/rules?limit=5")),
        post("/rules/exclude", "/rules/exclude", &out),
        post("/rules/include", "/rules/include?preview=true", &tests),
    ]
}

fn of_contacts(world: &World, turn: usize) -> Vec<Try> {
    let [into, merged, apart, erased] = [0, 1, 2, 3].map(|n| world.contacts[4 * turn.min(2) + n]);
    let at = |id, rest: &str| format!("/contacts/{id}{rest}");
    let account = world.accounts[0];
    let new = json!({ "account": account, "phones": [number("alder", 50)], "custom": { "a": 1 } });
    let file = format!("phone,first_name\n{},Ann\nno,number\n", number("alder", 60));
    let file = Asks::csv("/contacts/import?account=alder%20ltd", &file);
    let turned = json!({ "lastName": format!("Turn {turn}") });
    let changed = Asks::json(Method::PATCH, at(into, ""), &turned);
    let merge = Asks::post(at(into, "/merge"), &json!({ "contact": merged }));
    let bare = |id, rest| Asks::bare(Method::POST, at(id, rest));
    vec![
        listed(Method::GET, "/contacts", Asks::get("/contacts?limit=20")),
        named(Method::POST, "/contacts", Asks::post("/contacts", &new)),
        named(Method::POST, "/contacts/import", file),
        named(Method::GET, "/contacts/{contact}", Asks::get(at(into, "?limit=5"))),
        named(Method::PATCH, "/contacts/{contact}", changed),
        named(Method::POST, "/contacts/{contact}/merge", merge),
        named(Method::POST, "/contacts/{contact}/unmerge", bare(apart, "/unmerge")),
        named(Method::POST, "/contacts/{contact}/erase", bare(erased, "/erase")),
    ]
}

/// Merges what the tries take apart.
async fn prepare(world: &World) {
    for turn in 0..3 {
        let (into, apart) = (world.contacts[4 * turn + 3], world.contacts[4 * turn + 2]);
        let asks = Asks::post(format!("/contacts/{into}/merge"), &json!({ "contact": apart }));
        let answer = send(&world.state, Some(&world.writer), &asks).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    // A job to be looked at and cancelled; cancelling it twice is cancelling it once.
    let asks = Asks::post("/jobs", &json!({ "kind": "compare", "source": "main" }));
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    assert_eq!(answer.json()["job"]["id"], 1, "{}", answer.text);
    // Schedules to be taken away.
    for turn in 0..12 {
        let said =
            json!({ "name": format!("old {turn}"), "cron": "0 6 * * mon", "source": "main" });
        let answer =
            send(&world.state, Some(&world.writer), &Asks::post("/schedules", &said)).await;
        assert_eq!(answer.json()["id"], turn + 1, "{}", answer.text);
    }
    let answer = send(&world.state, Some(&world.writer), &source("desk")).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    // An account in which nothing is, to be deleted.
    let asks = Asks::post("/accounts", &json!({ "name": "empty" }));
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    assert_eq!(answer.json()["id"], 3, "{}", answer.text);
}

/// The needs and the good status of a route.
fn known(route: &(Method, &'static str)) -> web::Route {
    let mut table = web::table().into_iter();
    let found = table.find(|known| (&known.method, known.path) == (&route.0, route.1));
    found.expect("no route is asked that is not there")
}

/// Whether an answer has a word or a number of an account.
fn tells_of(text: &str, name: &str) -> bool {
    let area = number(name, 0)[..8].to_owned();
    text.to_lowercase().contains(name) || text.contains(&area)
}

on_both_databases! {
    async fn everybody_is_let_in_where_they_may_and_sees_their_own(db) {
        let world = two_accounts(&db).await;
        prepare(&world).await;
        let token = |name: &str| match name {
            "nobody" => None,
            "alder" => Some(world.alder.as_str()),
            "birch" => Some(world.birch.as_str()),
            "reader" => Some(world.reader.as_str()),
            _ => Some(world.writer.as_str()),
        };
        for (turn, who) in ["alder", "birch", "nobody", "reader", "writer"].into_iter().enumerate() {
            let mine = if who == "writer" { 1 } else { turn };
            for one in tries(&world, mine) {
                let route = known(&one.route);
                let (is_member, writes) = (matches!(who, "alder" | "birch"), route.needs.writes);
                let wanted = match (who, route.needs.area) {
                    ("nobody", _) if writes => StatusCode::UNAUTHORIZED,
                    ("reader", _) if writes => StatusCode::FORBIDDEN,
                    (_, Area::Operators) if is_member => StatusCode::FORBIDDEN,
                    ("birch", Area::Accounts) if one.is_alders => StatusCode::NOT_FOUND,
                    _ => route.status,
                };
                let answer = send(&world.state, token(who), &one.asks).await;
                let (method, path) = (&one.route.0, one.route.1);
                assert_eq!(answer.status, wanted, "{who}: {method} {path}: {}", answer.text);
                for other in ["alder", "birch", "nobody"] {
                    let hidden = is_member && other != who && tells_of(&answer.text, other);
                    assert!(!hidden, "{who}: {method} {path} tells of {other}: {}", answer.text);
                }
                // Who did what to it, and by which run, is the operators'.
                for theirs in [OPERATOR, "/runs/"].iter().filter(|_| is_member) {
                    assert!(!answer.text.contains(theirs), "{who}: {method} {path}: {}", answer.text);
                }
                if who == "alder" && answer.status.is_success() && path != "/contacts/{contact}/erase" {
                    let says_something = tells_of(&answer.text, "alder") || writes;
                    assert!(says_something, "{method} {path}: {}", answer.text);
                }
                schema::check(&route, &answer);
            }
        }
    }

    async fn every_change_through_the_api_is_in_the_audit_log(db) {
        let world = two_accounts(&db).await;
        prepare(&world).await;
        let entries = async || world.state.store.audit_list(None, 1000).await.expect("it answers");
        for one in tries(&world, 0) {
            let route = known(&one.route);
            let before = entries().await.len();
            let answer = send(&world.state, Some(&world.writer), &one.asks).await;
            assert_eq!(answer.status, route.status, "{}: {}", one.asks.url, answer.text);
            let is_tried = one.asks.url.contains("preview=true") || one.asks.url.contains("dryRun=true");
            let entries = entries().await;
            let added = usize::from(route.needs.writes && !is_tried);
            assert_eq!(entries.len() - before, added, "{} {}", one.asks.method, one.asks.url);
            if added == 1 {
                let entry = &entries[0];
                assert_eq!((entry.who.as_str(), entry.what.as_str()), ("token writer", route.summary));
                let path = one.asks.url.split('?').next().unwrap_or_default();
                // What is done to a source says to which.
                let is_said = path.starts_with("/sources") && entry.target.starts_with("source desk");
                assert!(entry.target == path || is_said, "{entry:?}");
            }
        }
        for entry in entries().await {
            let text = format!("{entry:?}");
            assert!(!text.contains("+1"), "no number of anybody's is in it: {text}");
        }
    }

    async fn what_is_only_tried_is_not_done_and_what_cannot_be_tried_says_so(db) {
        let world = two_accounts(&db).await;
        prepare(&world).await;
        let entries = async || world.state.store.audit_list(None, 1000).await.expect("it answers").len();
        let before = entries().await;
        for one in tries(&world, 0) {
            let route = known(&one.route);
            if !route.needs.writes {
                continue;
            }
            let (path, query) = one.asks.url.split_once('?').unwrap_or((&one.asks.url, ""));
            let is_other = |pair: &&str| !pair.starts_with("preview=") && !pair.starts_with("dryRun=");
            let others: Vec<&str> = query.split('&').filter(is_other).filter(|it| !it.is_empty()).collect();
            for word in ["preview", "dryRun"] {
                let url = format!("{path}?{}", [&others[..], &[&format!("{word}=true")]].concat().join("&"));
                let asks = Asks { url, ..one.asks.clone() };
                let answer = send(&world.state, Some(&world.writer), &asks).await;
                if route.tried_by() == Some(word) {
                    assert!(answer.status.is_success(), "{} {}: {}", asks.method, asks.url, answer.text);
                } else {
                    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{} {}: {}", asks.method, asks.url, answer.text);
                }
                assert_eq!(entries().await, before, "{} {}", asks.method, asks.url);
            }
        }
    }

    async fn no_route_is_forgotten(db) {
        let world = two_accounts(&db).await;
        let of = |method: &Method, path: &str| format!("{method} {path}");
        let tried: BTreeSet<String> =
            tries(&world, 0).iter().map(|one| of(&one.route.0, one.route.1)).collect();
        let table = web::table();
        let known: BTreeSet<String> =
            table.iter().map(|route| of(&route.method, route.path)).collect();
        assert_eq!(tried, known);
        assert_eq!(known.len(), table.len(), "a route is there once");
    }

    async fn what_is_anothers_is_not_there_in_what_members_send_either(db) {
        let world = two_accounts(&db).await;
        let (own, other) = (world.contacts[0], world.other);
        let phone = json!([number("birch", 0)]);
        for asks in [
            Asks::post(format!("/contacts/{own}/merge"), &json!({ "contact": other })),
            Asks::post(format!("/contacts/{other}/merge"), &json!({ "contact": own })),
            Asks::post("/contacts", &json!({ "account": "birch ltd", "phones": phone })),
            Asks::get("/contacts?account=birch%20ltd"),
            Asks::csv("/contacts/import?account=birch%20ltd", "phone\n+13025551000\n"),
        ] {
            let answer = send(&world.state, Some(&world.alder), &asks).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}: {}", asks.url, answer.text);
            assert!(!tells_of(&answer.text, "birch"), "{}", answer.text);
        }
        // A number of another's contact finds nobody, and makes a contact of its own.
        let asks = Asks::get("/contacts?phone=%2B13025551000");
        let answer = send(&world.state, Some(&world.alder), &asks).await.json();
        assert_eq!(answer["contacts"], json!([]));
        let asks = Asks::post("/contacts", &json!({ "phones": phone }));
        let answer = send(&world.state, Some(&world.alder), &asks).await.json();
        assert_eq!(answer["outcome"], "new");
        // Which sources there are is not told.
        for source in ["main", "none"] {
            let asks = Asks::get(format!("/calls?source={source}&placement=waiting"));
            let answer = send(&world.state, Some(&world.alder), &asks).await;
            assert_eq!((answer.status, &answer.json()["calls"]), (StatusCode::OK, &json!([])));
        }
    }
}
