//! A browser: it keeps its cookie, sends forms as pages have them, and follows nothing by itself.

use std::fmt::Write as _;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use tower::ServiceExt as _;

use crate::Answer;

/// The host of every request.
pub const HOST: &str = "127.0.0.1:7070";

/// One browser at one service.
pub struct Browser {
    router: Router,
    pub cookie: Option<String>,
    /// What it keeps while it is at an identity provider.
    pub trip: Option<String>,
    /// What is sent beside what a browser sends by itself.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub fn of(state: &web::State) -> Self {
        Self::at(web::router(state.clone()))
    }

    /// At a service that remembers who asked.
    pub fn at(router: Router) -> Self {
        Self { router, cookie: None, trip: None, headers: Vec::new() }
    }

    /// One that is signed in.
    pub async fn signed_in(state: &web::State, name: &str, password: &str) -> Self {
        let mut browser = Self::of(state);
        let answer = browser.sign_in(name, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text);
        browser
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.send("/sign-in", &[("name", name), ("password", password)]).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.ask(Request::get(path), Body::empty()).await
    }

    /// What the forms of this browser carry: read from a page, as a person's browser does.
    pub async fn csrf(&mut self) -> String {
        // Of somebody who must choose a password first, this is the only page.
        let page = self.get("/password").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("there is a form");
        rest.split_once('"').expect("it ends").0.to_owned()
    }

    /// Sends a form of ours.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        self.send(path, &[fields, &[("csrf", csrf.as_str())]].concat()).await
    }

    /// Sends a form with these fields and no others.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(Method::POST).uri(path);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if !self.headers.iter().any(|(name, _)| *name == "origin") {
            request = request.header("origin", format!("http://{HOST}"));
            request = request.header("sec-fetch-site", "same-origin");
        }
        self.ask(request, Body::from(form(fields))).await
    }

    pub async fn ask(&mut self, mut request: axum::http::request::Builder, body: Body) -> Answer {
        request = request.header("host", HOST);
        for (name, kept) in [("everycall", &self.cookie), ("everycall-trip", &self.trip)] {
            if let Some(value) = kept {
                request = request.header("cookie", format!("{name}={value}"));
            }
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let request = request.body(body).expect("the test writes a request");
        let answer = self.router.clone().oneshot(request).await.expect("it never fails");
        let (status, headers) = (answer.status(), answer.headers().clone());
        for line in headers.get_all("set-cookie") {
            let line = line.to_str().expect("it is text");
            let (name, rest) = line.split_once('=').expect("it is a pair");
            let value = rest.split(';').next().unwrap_or_default();
            let value = Some(value.to_owned()).filter(|value| !value.is_empty());
            match name {
                "everycall" => self.cookie = value,
                "everycall-trip" => self.trip = value,
                _ => assert_eq!(name, "everycall", "no other is given"),
            }
        }
        let body = to_bytes(answer.into_body(), 16 << 20).await.expect("the answer is small");
        // Of archives and sheets, what is text in them.
        Answer { status, headers, text: String::from_utf8_lossy(&body).into_owned() }
    }
}

impl Answer {
    /// Where a browser is sent.
    pub fn to(&self) -> &str {
        self.headers.get("location").map_or("", |to| to.to_str().expect("it is text"))
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        write!(text, "{name}=").expect("a text grows");
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                    text.push(char::from(byte));
                }
                _ => write!(text, "%{byte:02X}").expect("a text grows"),
            }
        }
    }
    text
}
