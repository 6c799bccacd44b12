-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
DELETE FROM {gold}cow_daily_metrics_rows WHERE (cow_id, farm_day) IN ((?1, ?2))
