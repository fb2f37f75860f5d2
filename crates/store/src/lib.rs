//! All SQL about our own database, for SQLite and PostgreSQL from one body.
