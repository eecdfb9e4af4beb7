-- The articles that a run brought, read once for all that run.sql counts.
INSERT INTO run_articles (article_id, source_id, site, words)
SELECT article_id, source_id, site, word_count
FROM articles
WHERE first_run_date = :run_date AND first_run_id = :run_id;
