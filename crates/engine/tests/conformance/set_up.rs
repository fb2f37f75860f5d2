//! A source is set up in the dashboard: tried out first, and kept with its secret sealed.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Country;
use engine::set_up::{Answers, ChangeAsked, SetUp, SetUpAsked, SetUpError, opened, pause};
use engine::vault::VaultKey;
use providers::{Credential, ProbeOutcome};
use secrecy::{ExposeSecret as _, SecretString};
use testkit::{Rig, RigSettings, of_every_provider, office};

/// What a person would type, of what the simulator says of itself.
fn typed(rig: &Rig, secret: &str) -> SetUpAsked {
    let provider = rig.source.row.provider;
    let SetUp { questions, optional, .. } = SetUp::of(provider);
    let is_asked = |key: &str| questions.iter().chain(optional).any(|it| it.key == key);
    let keys = rig.provider.configuration().into_iter();
    let keys = keys.filter(|(key, _)| is_asked(key));
    let said = keys.map(|(key, value)| (key.to_owned(), value.trim_matches('"').to_owned()));
    SetUpAsked {
        name: "typed".to_owned(),
        provider,
        answers: Answers {
            since: rig.source.row.since,
            country: Country::US,
            every_minutes: Some(7),
            contacts: None,
            auto_assign: None,
            said: said.collect::<BTreeMap<_, _>>(),
        },
        secret: SecretString::from(secret),
    }
}

fn secret_of(rig: &Rig) -> String {
    let key = SetUp::of(rig.source.row.provider).secret.key;
    let secrets = rig.provider.secrets();
    secrets.into_iter().find(|(name, _)| *name == key).expect("it has one").1
}

of_every_provider! {
    async fn what_a_person_says_is_tried_out_and_kept_sealed(db, provider) {
        let settings = RigSettings { calls: 20, days: 3, ..RigSettings::default() };
        let rig = Rig::set(db, provider, &settings).await;
        let (office, store) = (office(&rig.db.store, settings.now), &rig.db.store);
        let wrong = typed(&rig, "pit-wrong");
        let tried = office.set_up(store, &wrong, false, "user olga").await.unwrap();
        assert!(tried.is_wrong() && !tried.is_kept, "{tried:?}");
        assert!(!format!("{tried:?}").contains("pit-wrong"), "{tried:?}");
        assert!(store.source_by_name("typed").await.unwrap().is_none(), "nothing was kept");

        let secret = secret_of(&rig);
        let asked = typed(&rig, &format!(" {secret} \n"));
        // The database of a ViciDial has the real time, and ours stands in March.
        let anyway = provider == "vicidial";
        let tried = office.set_up(store, &asked, anyway, "user olga").await.unwrap();
        let wrong = tried.probes.iter().filter(|it| it.outcome == ProbeOutcome::Wrong);
        assert!(wrong.clone().all(|it| anyway && it.name == "clock"), "{tried:?}");
        assert!(tried.is_kept, "{tried:?}");
        let row = store.source_by_name("typed").await.unwrap().unwrap();
        assert_eq!(row.scope, rig.source.row.scope);
        assert!(!store.probes_list(row.id).await.unwrap().is_empty());
        let kept = store.set_up_get(row.id).await.unwrap().unwrap();
        assert!(kept.paused_at.is_some(), "nothing is read before somebody lets it");
        assert_eq!((kept.every_minutes, kept.version), (Some(7), Some(1)));
        let sealed = kept.sealed.clone().unwrap();
        assert!(!sealed.windows(secret.len()).any(|part| part == secret.as_bytes()));
        assert!(!kept.said.as_deref().unwrap().contains(&secret));
        let (settings, credential) = opened(&kept, row.provider, &VaultKey::new([7; 32])).unwrap();
        assert_eq!(settings.scope(), row.scope);
        let (Credential::PrivateToken(opened) | Credential::Password { password: opened, .. }) =
            credential
        else {
            unreachable!("one secret is asked for")
        };
        assert_eq!(opened.expose_secret(), secret);
        let again = office.set_up(store, &asked, false, "user olga").await;
        assert!(matches!(again, Err(SetUpError::NameTaken { .. })), "{again:?}");

        // A wrong one later leaves what is there; a right one is used, and told by its version.
        let typed = SecretString::from("pit-wrong");
        let tried = office.change_secret(store, &row, &typed, false, "user olga").await.unwrap();
        assert!(tried.is_wrong() && !tried.is_kept);
        let after = store.set_up_get(row.id).await.unwrap().unwrap();
        assert_eq!((after.sealed.as_ref(), after.version), (Some(&sealed), Some(1)));
        let typed = SecretString::from(secret);
        let tried = office.change_secret(store, &row, &typed, anyway, "user ann").await.unwrap();
        assert!(tried.is_kept, "{tried:?}");
        let after = store.set_up_get(row.id).await.unwrap().unwrap();
        assert_eq!((after.changed_by.as_deref(), after.version), (Some("user ann"), Some(2)));
        assert_ne!(after.sealed.unwrap(), sealed, "never sealed in the same way twice");
        assert!(!office.examine(store, &row).await.unwrap().probes.is_empty());

        pause(store, &row, false, "user ann", rig.ctx.now()).await.unwrap();
        assert_eq!(store.set_up_get(row.id).await.unwrap().unwrap().paused_at, None);
    }

    async fn what_was_said_is_changed_and_what_is_read_stays(db, provider) {
        let settings = RigSettings { calls: 20, days: 3, ..RigSettings::default() };
        let rig = Rig::set(db, provider, &settings).await;
        let (office, store) = (office(&rig.db.store, settings.now), &rig.db.store);
        let anyway = provider == "vicidial";
        let secret = secret_of(&rig);
        let first = typed(&rig, &secret);
        assert!(office.set_up(store, &first, anyway, "user olga").await.unwrap().is_kept);
        let row = store.source_by_name("typed").await.unwrap().unwrap();
        let kept = store.set_up_get(row.id).await.unwrap().unwrap();
        let before = Answers::of(&kept).unwrap();
        assert_eq!(before, first.answers.tidied());

        // What is no matter of the provider's is kept as it is said, and once.
        let requests = rig.provider.requests().len();
        let since = before.since - Duration::from_hours(24);
        let answers = Answers { every_minutes: None, since, ..before.clone() };
        let asked = |answers: &Answers, secret: Option<&str>, version: i64| ChangeAsked {
            answers: answers.clone(),
            secret: secret.map(SecretString::from),
            version,
        };
        for _turn in 0..2 {
            let asked = asked(&answers, None, 1);
            assert!(office.change(store, &row, &asked, false, "user ann").await.unwrap().is_kept);
        }
        assert_eq!(rig.provider.requests().len(), requests, "nobody was asked");
        let after = store.set_up_get(row.id).await.unwrap().unwrap();
        assert_eq!((after.version, after.changed_by.as_deref()), (Some(2), Some("user ann")));
        assert_eq!(Answers::of(&after).unwrap(), answers);
        assert_eq!(after.sealed, kept.sealed);
        assert_eq!(store.source_by_name("typed").await.unwrap().unwrap().since, since);

        // Of what was changed meanwhile nothing is written over.
        let stale = asked(&before, None, 1);
        let refused = office.change(store, &row, &stale, true, "user bob").await;
        assert!(matches!(refused, Err(SetUpError::ChangedMeanwhile { .. })), "{refused:?}");

        let said = |key: &str, value: &str| {
            let mut answers = answers.clone();
            answers.said.insert(key.to_owned(), value.to_owned());
            answers
        };
        for key in SetUp::of(row.provider).stays {
            let other = asked(&said(key, "another"), Some(&secret), 2);
            let refused = office.change(store, &row, &other, true, "user bob").await;
            assert!(matches!(refused, Err(SetUpError::Stays { .. })), "{key}: {refused:?}");
        }
        if anyway {
            let other = asked(&said("cluster", "another"), Some(&secret), 2);
            let refused = office.change(store, &row, &other, true, "user bob").await;
            assert!(matches!(refused, Err(SetUpError::AnotherSource { .. })), "{refused:?}");
        }

        // What leads elsewhere takes the secret again, and is tried out.
        let (key, value) = if anyway { ("port", "9") } else { ("base_url", "http://127.0.0.1:9") };
        let elsewhere = said(key, value);
        let silent = asked(&elsewhere, None, 2);
        let refused = office.change(store, &row, &silent, true, "user bob").await;
        assert!(matches!(refused, Err(SetUpError::SecretAgain { .. })), "{refused:?}");
        let elsewhere = asked(&elsewhere, Some(&secret), 2);
        let tried = office.change(store, &row, &elsewhere, false, "user bob").await.unwrap();
        assert!(tried.is_wrong() && !tried.is_kept, "{tried:?}");
        assert_eq!(store.set_up_get(row.id).await.unwrap().unwrap().version, Some(2));
        let tried = office.change(store, &row, &elsewhere, true, "user bob").await.unwrap();
        assert!(tried.is_kept, "whoever knows better keeps it: {tried:?}");
        let back = asked(&answers, Some(&secret), 3);
        let tried = office.change(store, &row, &back, anyway, "user bob").await.unwrap();
        assert!(tried.is_kept, "{tried:?}");
        let after = store.set_up_get(row.id).await.unwrap().unwrap();
        assert_eq!((after.version, Answers::of(&after).unwrap()), (Some(4), answers.clone()));
    }
}
