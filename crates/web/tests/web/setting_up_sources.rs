//! Sources, set up in the dashboard against a simulated provider.

use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use engine::set_up::{KeyUse, Office};
use serde_json::{Value, json};
use store::Scope;
use testkit::{Rig, RigSettings, TestDb, on_both_databases};

use crate::browser::Browser;
use crate::people::{PASSWORD, People};
use crate::world::{Asks, send as api};

const SECRET: &str = "never-to-be-seen-again";

/// What a person types for the simulated provider, but the secret.
fn typed(rig: &Rig) -> Vec<(String, String)> {
    let keys = rig.provider.configuration().into_iter();
    let own = keys.map(|(key, value)| (format!("own.{key}"), value.trim_matches('"').to_owned()));
    let all = [("name", "front-desk"), ("since", "2026-03-15"), ("every_minutes", "7")];
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().chain(own).collect()
}

/// Somebody signed in who may set up sources, a simulated provider, and what opens its door.
struct Desk {
    people: People,
    rig: Rig,
    olga: Browser,
    token: String,
}

impl Desk {
    async fn of(db: &Arc<TestDb>) -> Self {
        let mut people = People::of(db).await;
        let settings = RigSettings { calls: 5, days: 2, ..RigSettings::default() };
        let rig = Rig::set(Arc::clone(db), "highlevel_voice_ai", &settings).await;
        // Both sides' clocks are right.
        people.state.office = testkit::office(&people.state.store, settings.now);
        let olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let token = rig.provider.secrets()[0].1.clone();
        Self { people, rig, olga, token }
    }
}

async fn send(
    browser: &mut Browser,
    path: &str,
    fields: &[(String, String)],
    secret: &str,
) -> crate::Answer {
    let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain([("secret", secret)]).collect();
    browser.post(path, &fields).await
}

on_both_databases! {
    async fn a_source_is_tried_out_and_nothing_typed_is_lost_but_the_secret(db) {
        let Desk { people, rig, mut olga, token } = Desk::of(&db).await;
        let (fields, path) = (typed(&rig), "/new-source/highlevel_voice_ai");
        assert!(olga.get("/new-source").await.text.contains("HighLevel Voice AI"));
        let form = olga.get(path).await.text;
        assert!(form.contains("Settings › Private Integrations › Create"), "{form}");

        let refused = send(&mut olga, path, &fields, SECRET).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("What the provider answered"), "{}", refused.text);
        assert!(!refused.text.contains(SECRET));
        for (name, value) in &fields {
            assert!(refused.text.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {}", refused.text);
        }
        let store = &people.state.store;
        assert!(store.source_by_name("front-desk").await.expect("it answers").is_none());

        let kept = send(&mut olga, path, &fields, &token).await;
        assert_eq!(kept.to(), "/sources/front-desk", "{}", kept.text);
        let page = olga.get("/sources/front-desk").await.text;
        assert!(page.contains("Begin to read") && page.contains("••••••••"), "{page}");
        assert!(!page.contains(&token));
        assert!(olga.get("/sources").await.text.contains("rests"));
        olga.post("/sources/front-desk/pause", &[]).await;
        let page = olga.get("/sources/front-desk").await.text;
        assert!(!page.contains("Begin to read") && page.contains(">Pause<"), "{page}");

        // Another secret is tried out too, and the one that is there stays.
        let wrong = olga.post("/sources/front-desk/credential", &[("secret", SECRET)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
        assert!(wrong.text.contains("The one that is there stays") && !wrong.text.contains(SECRET));
        let right = olga.post("/sources/front-desk/credential", &[("secret", token.as_str())]).await;
        assert_eq!(right.to(), "/sources/front-desk", "{}", right.text);
        assert_eq!(olga.post("/sources/front-desk/examine", &[]).await.to(), "/sources/front-desk");

        let audit = people.audit().await;
        let told: Vec<(&str, &str, &str)> = audit
            .iter()
            .filter(|row| row.target == "source front-desk")
            .map(|row| (row.what.as_str(), row.who.as_str(), row.detail.as_str()))
            .collect();
        assert_eq!(told, [
            ("Examine a source", "user olga", "{}"),
            ("Give a source another credential", "user olga", "{\"changed\":[\"token\"]}"),
            ("Pause a source", "user olga", "{\"rests\":false}"),
            ("Set up a source", "user olga", "{\"provider\":\"highlevel_voice_ai\"}"),
        ]);
        assert!(audit.iter().all(|row| !row.detail.contains(&token) && !row.detail.contains(SECRET)));
        let calls = store.totals(Scope::Operator, store.source_by_name("front-desk").await.expect("it answers").expect("it is there").id);
        assert_eq!(calls.await.expect("it answers").calls, 0, "nothing was read yet");
    }

    async fn what_cannot_be_meant_is_told_before_anybody_is_asked(db) {
        let people = People::of(&db).await;
        let rig = Rig::set(db, "highlevel_voice_ai", &RigSettings { calls: 5, days: 2, ..RigSettings::default() }).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        for (name, value, told) in [
            ("name", "front desk", "letters, digits"),
            ("name", "main", "there is a source “main” already"),
            ("since", "2036-03-15", "cannot begin in the future"),
            ("since", "soon", "as a date"),
            ("country", "Germany", "two letters"),
            ("every_minutes", "0", "at least 1"),
            ("contacts", "perhaps", "created, matched or off"),
            ("auto_assign", "999", "is not there any more"),
            ("own.location_id", " ", "nothing is said there"),
            ("own.tls_ca_file", "/etc/shadow", "is not asked for"),
            ("own.base_url", "http://services.example.com", "is not https"),
            ("own.base_url", "http://169.254.169.254/latest/meta-data", "link-local"),
        ] {
            let mut fields = typed(&rig);
            fields.retain(|(known, _)| known != name);
            fields.push((name.to_owned(), value.to_owned()));
            let path = "/new-source/highlevel_voice_ai";
            let answer = send(&mut olga, path, &fields, SECRET).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}: {}", answer.text);
            assert!(answer.text.contains(told), "{name}={value}: {}", answer.text);
            assert!(!answer.text.contains(SECRET), "{name}={value}");
        }
        assert!(rig.provider.requests().is_empty(), "nobody was asked");
        assert_eq!(olga.get("/new-source/fax").await.status, StatusCode::NOT_FOUND);
    }

    async fn what_was_said_is_said_differently_and_what_is_read_stays(db) {
        let Desk { people, rig, mut olga, token } = Desk::of(&db).await;
        let store = people.state.store.clone();
        let mut fields = typed(&rig);
        send(&mut olga, "/new-source/highlevel_voice_ai", &fields, &token).await;
        let path = "/sources/front-desk/set-up";
        assert!(olga.get("/sources/front-desk").await.text.contains(&format!("href=\"{path}\">Change")));
        let form = olga.get(path).await.text;
        assert!(!form.contains(&token), "{form}");
        for (name, value) in fields.iter().filter(|(name, _)| name != "name" && name != "own.location_id") {
            assert!(form.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{name}: {form}");
        }
        assert!(form.contains("What stays") && !form.contains("own.location_id"), "{form}");

        // Who is asked how often is nothing to ask a provider about.
        let asked = rig.provider.requests().len();
        fields.retain(|(name, _)| name.starts_with("own.base_url") || name == "since");
        let but = |name: &str, value: &str| {
            let more = [("version".to_owned(), "1".to_owned()), (name.to_owned(), value.to_owned())];
            let kept = fields.iter().filter(|(known, _)| known != name).cloned();
            kept.chain(more).collect::<Vec<_>>()
        };
        let changed = send(&mut olga, path, &but("every_minutes", "9"), "").await;
        assert_eq!(changed.to(), "/sources/front-desk", "{}", changed.text);
        assert!(olga.get("/sources/front-desk").await.text.contains("Every 9 minutes"));
        assert_eq!(rig.provider.requests().len(), asked);

        for (name, value, secret, told) in [
            ("own.base_url", "http://127.0.0.1:9", "", "type it again"),
            ("own.base_url", "http://127.0.0.1:9", SECRET, "What the provider answered"),
            ("own.location_id", "another", "", "this stays"),
            ("own.tls_ca_file", "/etc/shadow", "", "is not asked for"),
            ("since", "2036-03-15", "", "cannot begin in the future"),
            ("every_minutes", "11", "", "was changed meanwhile"),
        ] {
            let answer = send(&mut olga, path, &but(name, value), secret).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.text);
            assert!(answer.text.contains(told), "{name}: {}", answer.text);
            assert!(!answer.text.contains(SECRET) && !answer.text.contains(&token), "{name}");
        }
        let source = store.source_by_name("front-desk").await.expect("it answers").expect("it is there");
        let row = store.set_up_get(source.id).await.expect("it answers").expect("it is there");
        assert_eq!((row.version, row.every_minutes), (Some(2), Some(9)), "nothing else was kept");
        let audit = people.audit().await;
        assert_eq!((audit[0].what.as_str(), audit[0].target.as_str()), ("Change a source", "source front-desk"));
        assert_eq!(audit[0].detail, "{\"changed\":[\"every_minutes\"]}");
        let other = olga.get("/sources/main/set-up").await.text;
        assert!(other.contains("The configuration file says"), "{other}");
    }

    async fn a_program_changes_what_it_says_and_leaves_the_rest(db) {
        let Desk { people, rig, mut olga, token } = Desk::of(&db).await;
        send(&mut olga, "/new-source/highlevel_voice_ai", &typed(&rig), &token).await;
        let ask = async |method: Method, said: Value| {
            let path = "/sources/front-desk";
            let asks = if said.is_null() { Asks::get(path) } else { Asks::json(method, path, &said) };
            api(&people.state, Some(&people.world.writer), &asks).await
        };
        let said = json!({ "since": "2026-03-15T13:00:00Z", "everyMinutes": null, "contacts": "off" });
        for _turn in 0..2 {
            let answer = ask(Method::PATCH, said.clone()).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        }
        let mut shown = ask(Method::GET, Value::Null).await.json();
        assert_eq!(shown["since"], "2026-03-15T13:00:00Z", "{shown}");
        assert_eq!((&shown["everyMinutes"], &shown["contacts"]), (&Value::Null, &json!("off")));
        assert_eq!(shown["changedBy"], "token writer");
        let audit = people.audit().await;
        let changes = audit.iter().filter(|row| row.what == "Change a source");
        assert_eq!(changes.count(), 1, "the second time nothing was different");

        // A date in a form is the instant it was made from, unless somebody touches it.
        let form = [("since", "2026-03-15"), ("contacts", "matched"), ("version", "2")];
        let kept = olga.post("/sources/front-desk/set-up", &form).await;
        assert_eq!(kept.to(), "/sources/front-desk", "{}", kept.text);
        shown = ask(Method::GET, Value::Null).await.json();
        assert_eq!((&shown["since"], &shown["contacts"]), (&json!("2026-03-15T13:00:00Z"), &json!("matched")));

        let elsewhere = json!({ "base_url": "http://127.0.0.1:9" });
        for (said, status) in [
            (json!({ "settings": elsewhere }), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({ "settings": elsewhere, "secret": "pit-2" }), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({ "settings": { "location_id": null } }), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({ "country": "Germany" }), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({ "name": "other" }), StatusCode::BAD_REQUEST),
            (json!({ "settings": elsewhere, "secret": "pit-2", "anyway": true }), StatusCode::OK),
        ] {
            let answer = ask(Method::PATCH, said.clone()).await;
            assert_eq!(answer.status, status, "{said}: {}", answer.text);
            assert!(!answer.text.contains("pit-2"), "{}", answer.text);
        }
        let shown = ask(Method::GET, Value::Null).await.json();
        assert_eq!(shown["settings"]["base_url"], "http://127.0.0.1:9");
        let configured = Asks::json(Method::PATCH, "/sources/main", &json!({ "country": "DE" }));
        let refused = api(&people.state, Some(&people.world.writer), &configured).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    }

    async fn a_source_of_the_configuration_is_paused_and_its_secret_is_not_ours(db) {
        let people = People::of(&db).await;
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        olga.post("/sources/main/pause", &[("rest", "on")]).await;
        let page = olga.get("/sources/main").await.text;
        assert!(page.contains("It was set up and is not read yet") || page.contains("It rests"), "{page}");
        let refused = olga.post("/sources/main/credential", &[("secret", SECRET)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("in the configuration file") && !refused.text.contains(SECRET));
    }

    async fn without_its_key_a_source_says_so_and_none_is_made_by_looking(db) {
        let Desk { mut people, rig, mut olga, token } = Desk::of(&db).await;
        let store = people.state.store.clone();
        let path = "/new-source/highlevel_voice_ai";
        let kept = send(&mut olga, path, &typed(&rig), &token).await;
        assert_eq!(kept.to(), "/sources/front-desk", "{}", kept.text);

        let sealed_for = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&sealed_for);
        let office = Arc::into_inner(testkit::office(&store, RigSettings::default().now)).expect("it is the only one");
        people.state.office = Arc::new(Office {
            key: Arc::new(move |wanted_for| {
                asked.lock().expect("nobody else panicked").push(wanted_for);
                Ok(None)
            }),
            ..office
        });
        let mut olga = Browser::signed_in(&people.state, "olga", PASSWORD).await;
        let page = olga.get("/sources/front-desk").await.text;
        assert!(page.contains("the vault key is not here"), "{page}");
        let form = olga.get(path).await.text;
        assert!(!form.contains("Nothing can be sealed"), "one is made when it is needed: {form}");
        let asked = sealed_for.lock().expect("nobody else panicked").clone();
        assert!(!asked.is_empty() && asked.iter().all(|it| *it == KeyUse::Opens), "{asked:?}");
    }
}
