use testkit::{Stage, on_both_databases};

on_both_databases! {
    /// The thinnest path: everything is read, once.
    async fn a_quiet_month_is_read_whole_and_once(db) {
        let stage = Stage::quiet(db).await;
        let first = stage.sync().await;
        assert!(first.success, "{first:#?}");
        first.accounts().balance().unwrap();
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;

        let again = stage.sync_all().await;
        assert!(again.success, "{again:#?}");
        assert_eq!((again.new, again.updated), (0, 0));
        assert_eq!(again.unchanged, first.new);
    }
}
