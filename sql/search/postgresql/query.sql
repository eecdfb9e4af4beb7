-- Articles that have all of these words, the newest first. "…" around words finds them side by side, - before one excludes it.
-- Where very many articles have the words, begin with SET work_mem = '64MB' and SET enable_seqscan = off.
SELECT a.article_id, a.site, a.title, a.published_at, a.url
FROM articles a
WHERE article_words(a.title, a.text) @@ websearch_to_tsquery('simple', :words)
ORDER BY a.published_at DESC NULLS LAST, a.article_id
LIMIT 20;
