SELECT cow_id, stream_id FROM {gold}cows_rows
