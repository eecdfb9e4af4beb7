-- How many articles there are, as counted when the table was last analysed; -1 where it never was.
SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = CAST('articles' AS regclass);
