//! Both engines have the same tables, columns, keys and indexes.

use sqlx::{Connection, PgConnection, SqliteConnection};
use testkit::{Kind, TestDb};

// One line per column: table, place, name, class of type, whether it must be there, place in key.
const COLUMNS_SQLITE: &str = "
SELECT m.name || ' ' || p.cid || ' ' || p.name || ' ' || p.type || ' '
       || (p.\"notnull\" OR p.pk > 0) || ' ' || p.pk
FROM sqlite_master m JOIN pragma_table_info(m.name) p
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE '_sqlx%'";

const COLUMNS_POSTGRES: &str = "
SELECT c.relname || ' ' || (a.attnum - 1) || ' ' || a.attname || ' '
       || CASE format_type(a.atttypid, NULL) WHEN 'bigint' THEN 'INTEGER' WHEN 'text' THEN 'TEXT'
          WHEN 'bytea' THEN 'BLOB' ELSE format_type(a.atttypid, NULL) END || ' '
       || CAST(a.attnotnull AS INT) || ' ' || COALESCE(array_position(
            (SELECT string_to_array(CAST(i.indkey AS TEXT), ' ') FROM pg_index i
             WHERE i.indrelid = c.oid AND i.indisprimary), CAST(a.attnum AS TEXT)), 0)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_sqlx%'
  AND a.attnum > 0 AND NOT a.attisdropped";

// One line per column of an index; those that hold a constraint have no name of ours.
const INDEXES_SQLITE: &str = "
SELECT m.name || ' ' || CASE WHEN l.origin = 'c' THEN l.name ELSE 'unique' END || ' '
       || l.\"unique\" || ' ' || l.partial || ' ' || x.seqno || ' ' || COALESCE(x.name, 'expression')
FROM sqlite_master m JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) x
WHERE m.type = 'table' AND l.origin <> 'pk' AND m.name NOT LIKE '_sqlx%'";

const INDEXES_POSTGRES: &str = "
SELECT t.relname || ' '
       || CASE WHEN EXISTS (SELECT 1 FROM pg_constraint h WHERE h.conindid = i.indexrelid)
          THEN 'unique' ELSE n.relname END || ' '
       || CAST(i.indisunique AS INT) || ' ' || CAST(i.indpred IS NOT NULL AS INT) || ' '
       || (k.place - 1) || ' ' || COALESCE(a.attname, 'expression')
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
CROSS JOIN LATERAL unnest(CAST(i.indkey AS INT2[])) WITH ORDINALITY AS k (attnum, place)
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum AND k.attnum > 0
WHERE NOT i.indisprimary AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_sqlx%'";

async fn of_sqlite(sql: &'static str) -> Vec<String> {
    let (give, mut take) = tokio::sync::mpsc::unbounded_channel();
    TestDb::run(Kind::Sqlite, |db| async move {
        let mut conn = SqliteConnection::connect(&db.url).await.unwrap();
        give.send(sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap()).unwrap();
    })
    .await;
    take.recv().await.unwrap()
}

async fn of_postgres(sql: &'static str) -> Vec<String> {
    let (give, mut take) = tokio::sync::mpsc::unbounded_channel();
    TestDb::run(Kind::Postgres, |db| async move {
        let mut conn = PgConnection::connect(&db.url).await.unwrap();
        give.send(sqlx::query_scalar(sql).fetch_all(&mut conn).await.unwrap()).unwrap();
    })
    .await;
    take.recv().await.unwrap()
}

async fn check(sqlite: &'static str, postgres: &'static str) {
    let (mut sqlite, mut postgres) = (of_sqlite(sqlite).await, of_postgres(postgres).await);
    sqlite.sort_unstable();
    postgres.sort_unstable();
    assert!(sqlite.len() > 10);
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|line| !b.contains(line)).cloned().collect()
    };
    let differing = (only(&sqlite, &postgres), only(&postgres, &sqlite));
    assert_eq!(differing, (vec![], vec![]), "only in SQLite, only in PostgreSQL");
}

#[tokio::test]
async fn both_engines_have_the_same_columns_and_primary_keys() {
    check(COLUMNS_SQLITE, COLUMNS_POSTGRES).await;
}

#[tokio::test]
async fn both_engines_have_the_same_indexes_and_unique_keys() {
    check(INDEXES_SQLITE, INDEXES_POSTGRES).await;
}
