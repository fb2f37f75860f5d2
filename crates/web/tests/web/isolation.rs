//! Every route of the API, asked by everybody: who is let in, and that nobody sees another's.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use domain::access::Area;
use serde_json::json;
use testkit::on_both_databases;

use crate::schema;
use crate::world::{Asks, World, number, send, two_accounts};

/// A request for a route, about something of Alder's.
struct Try {
    route: (Method, &'static str),
    asks: Asks,
    /// Whether it names something of Alder's, which is not there for Birch.
    is_alders: bool,
}

/// One request per route. `turn` tells those apart that can be made once only.
fn tries(world: &World, turn: usize) -> Vec<Try> {
    let alder = world.accounts[0];
    let [into, merged, apart, erased] = [0, 1, 2, 3].map(|n| world.contacts[4 * turn.min(2) + n]);
    let named = |method: Method, route: &'static str, asks: Asks| Try {
        route: (method, route),
        asks,
        is_alders: true,
    };
    let listed = |method: Method, route: &'static str, asks: Asks| Try {
        is_alders: false,
        ..named(method, route, asks)
    };
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let account = format!("/accounts/{alder}");
    let contact = |id, rest: &str| format!("/contacts/{id}{rest}");
    let assigned = json!({ "agent": "agent-nobody", "account": "alder ltd", "source": "main" });
    vec![
        listed(get.clone(), "/status", Asks::get("/status")),
        listed(get.clone(), "/runs", Asks::get("/runs")),
        listed(get.clone(), "/runs/{run}", Asks::get("/runs/1")),
        listed(get.clone(), "/calls", Asks::get("/calls?source=main")),
        named(
            get.clone(),
            "/calls/{source}/{call}",
            Asks::get("/calls/main/call-alder-0?raw=true"),
        ),
        listed(get.clone(), "/accounts", Asks::get("/accounts?archived=true")),
        listed(
            post.clone(),
            "/accounts",
            Asks::post("/accounts", &json!({ "name": "cedar", "country": "AT" })),
        ),
        listed(
            post.clone(),
            "/accounts/import",
            Asks::csv("/accounts/import", "name,country\ndogwood,AT\n,US\n"),
        ),
        named(get.clone(), "/accounts/{account}", Asks::get(account.clone())),
        named(
            patch.clone(),
            "/accounts/{account}",
            Asks::json(
                patch.clone(),
                format!("{account}?preview=true"),
                &json!({ "country": "DE" }),
            ),
        ),
        named(
            Method::DELETE,
            "/accounts/{account}",
            // Whatever the operator deletes is there for nobody else.
            Asks::bare(Method::DELETE, "/accounts/3"),
        ),
        named(
            post.clone(),
            "/accounts/{account}/archive",
            Asks::bare(post.clone(), format!("{account}/archive")),
        ),
        named(
            post.clone(),
            "/accounts/{account}/unarchive",
            Asks::bare(post.clone(), format!("{account}/unarchive")),
        ),
        listed(get.clone(), "/agents", Asks::get("/agents?source=main")),
        listed(get.clone(), "/assignments", Asks::get("/assignments")),
        named(post.clone(), "/assignments", Asks::post("/assignments", &assigned)),
        named(
            post.clone(),
            "/assignments/end",
            Asks::post("/assignments/end?preview=true", &json!({ "agent": "agent-alder" })),
        ),
        named(
            post.clone(),
            "/assignments/import",
            Asks::csv(
                "/assignments/import?dryRun=true",
                "number,account\n+14045559999,alder ltd\n",
            ),
        ),
        listed(get.clone(), "/rules", Asks::get("/rules?limit=5")),
        named(
            post.clone(),
            "/rules/exclude",
            Asks::post("/rules/exclude", &json!({ "number": "+14045559998" })),
        ),
        named(
            post.clone(),
            "/rules/include",
            Asks::post("/rules/include?preview=true", &json!({ "testCalls": true })),
        ),
        listed(get.clone(), "/waiting", Asks::get("/waiting")),
        listed(get.clone(), "/contacts", Asks::get("/contacts?limit=20")),
        named(
            post.clone(),
            "/contacts",
            Asks::post(
                "/contacts",
                &json!({ "account": alder, "phones": [number("alder", 50)], "custom": { "a": 1 } }),
            ),
        ),
        named(
            post.clone(),
            "/contacts/import",
            Asks::csv(
                "/contacts/import?account=alder%20ltd",
                &format!("phone,first_name\n{},Ann\nno,number\n", number("alder", 60)),
            ),
        ),
        named(get, "/contacts/{contact}", Asks::get(contact(into, "?limit=5"))),
        named(
            patch.clone(),
            "/contacts/{contact}",
            Asks::json(patch, contact(into, ""), &json!({ "lastName": format!("Turn {turn}") })),
        ),
        named(
            post.clone(),
            "/contacts/{contact}/merge",
            Asks::post(contact(into, "/merge"), &json!({ "contact": merged })),
        ),
        named(
            post.clone(),
            "/contacts/{contact}/unmerge",
            Asks::bare(post.clone(), contact(apart, "/unmerge")),
        ),
        named(
            post.clone(),
            "/contacts/{contact}/erase",
            Asks::bare(post, contact(erased, "/erase")),
        ),
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
    // An account in which nothing is, to be deleted.
    let asks = Asks::post("/accounts", &json!({ "name": "empty" }));
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    assert_eq!(answer.json()["id"], 3, "{}", answer.text);
}

/// The needs and the good status of a route.
fn known(route: &(Method, &'static str)) -> web::Route {
    let mut table = web::table().into_iter();
    let found = table.find(|known| (&known.method, known.path) == (&route.0, route.1));
    found.unwrap_or_else(|| panic!("{} {} is no route", route.0, route.1))
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
                if who == "alder" && answer.status.is_success() && path != "/contacts/{contact}/erase" {
                    let says_something = tells_of(&answer.text, "alder") || writes;
                    assert!(says_something, "{method} {path}: {}", answer.text);
                }
                schema::check(&route, &answer);
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
