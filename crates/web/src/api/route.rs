//! What a route of the API is: everything the router, the document and the tests know of it.

use std::time::Duration;

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};
use domain::access::{Area, Needs};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::State;

/// How the schema of something is made.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a route reads from the body.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// A JSON object.
    Json(SchemaOf),
    /// A CSV file.
    Csv,
}

/// The longest JSON body, in bytes.
const JSON_BYTES_MAX: usize = 256 << 10;
/// The longest CSV file, in bytes: some hundred thousand lines.
const CSV_BYTES_MAX: usize = 16 << 20;

/// The longest a request that reads may take.
const READING: Duration = Duration::from_secs(20);
/// The longest a request that changes something may take. What it has decided by then is kept, and
/// calls that have not moved by then move with the next run.
const WRITING: Duration = Duration::from_mins(5);

impl Takes {
    /// How long the body may be, in bytes.
    pub const fn bytes_max(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Json(_) => JSON_BYTES_MAX,
            Self::Csv => CSV_BYTES_MAX,
        }
    }

    /// What it is sent as.
    pub const fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Json(_) => Some("application/json"),
            Self::Csv => Some("text/csv"),
        }
    }
}

/// One route: a method, a path and all that is true of it.
#[derive(Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path under `/api/v1`.
    pub path: &'static str,
    /// What it does, as a phrase.
    pub summary: &'static str,
    /// What a request needs.
    pub needs: Needs,
    /// What it reads from the query.
    pub asks: Option<SchemaOf>,
    /// What it reads from the body.
    pub takes: Takes,
    /// What it answers.
    pub gives: Option<SchemaOf>,
    /// The status of a good answer.
    pub status: StatusCode,
    /// What does it.
    pub handler: MethodRouter<State>,
}

impl Route {
    /// One that reads.
    pub fn get<H, T>(path: &'static str, summary: &'static str, area: Area, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        Self::new((Method::GET, MethodFilter::GET), (path, summary), (area, false), handler)
    }

    /// One that makes or does something.
    pub fn post<H, T>(path: &'static str, summary: &'static str, area: Area, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        Self::new((Method::POST, MethodFilter::POST), (path, summary), (area, true), handler)
    }

    /// One that changes what is there.
    pub fn patch<H, T>(path: &'static str, summary: &'static str, area: Area, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        Self::new((Method::PATCH, MethodFilter::PATCH), (path, summary), (area, true), handler)
    }

    /// One that takes something away.
    pub fn delete<H, T>(path: &'static str, summary: &'static str, area: Area, handler: H) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        Self::new((Method::DELETE, MethodFilter::DELETE), (path, summary), (area, true), handler)
    }

    fn new<H, T>(
        (method, filter): (Method, MethodFilter),
        (path, summary): (&'static str, &'static str),
        (area, writes): (Area, bool),
        handler: H,
    ) -> Self
    where
        H: Handler<T, State>,
        T: 'static,
    {
        Self {
            method,
            path,
            summary,
            needs: Needs { area, writes },
            asks: None,
            takes: Takes::Nothing,
            gives: None,
            status: StatusCode::OK,
            handler: on(filter, handler),
        }
    }

    /// It reads this from the query.
    #[must_use]
    pub fn asks<A: JsonSchema>(self) -> Self {
        Self { asks: Some(A::json_schema), ..self }
    }

    /// It reads this from the body.
    #[must_use]
    pub fn takes<B: JsonSchema>(self) -> Self {
        Self { takes: Takes::Json(schema::<B>), ..self }
    }

    /// It reads a CSV file from the body.
    #[must_use]
    pub fn takes_csv(self) -> Self {
        Self { takes: Takes::Csv, ..self }
    }

    /// It answers this.
    #[must_use]
    pub fn gives<A: JsonSchema>(self) -> Self {
        Self { gives: Some(schema::<A>), ..self }
    }

    /// It answers that something was made.
    #[must_use]
    pub fn makes<A: JsonSchema>(self) -> Self {
        Self { status: StatusCode::CREATED, ..self.gives::<A>() }
    }

    /// The word of its query by which a change is only tried; none where it cannot be.
    pub fn tried_by(&self) -> Option<&'static str> {
        let asked = self.asks?(&mut SchemaGenerator::default());
        let words = asked.get("properties")?;
        ["preview", "dryRun"].into_iter().find(|word| words.get(*word).is_some())
    }

    /// The longest it may take.
    pub fn patience(&self) -> Duration {
        if self.needs.writes { WRITING } else { READING }
    }
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
