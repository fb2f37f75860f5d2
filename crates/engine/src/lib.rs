//! The verbs: plan, fetch, ingest, place.
