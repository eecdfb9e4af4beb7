-- The articles that a run brought, read once for all that run.sql counts: in the order in which they stand in the file, and kept in
-- order of their ids, in which their dropped blocks are looked up. In any other order a night that is larger than SQLite's cache
-- has a page read for each article and block.
INSERT INTO run_articles (article_id, source_id, site, words)
SELECT a.article_id, a.source_id, a.site, a.word_count
FROM (SELECT rowid AS place FROM articles WHERE first_run_date = :run_date ORDER BY rowid LIMIT -1) night
CROSS JOIN articles a ON a.rowid = night.place
WHERE a.first_run_id = :run_id
ORDER BY a.article_id;
