-- Articles that have all of these words, the newest first. "…" around words finds them side by side, NOT before one excludes it. What has
-- a hyphen, an apostrophe or a dot inside goes in them, too: "e-mail".
SELECT a.article_id, a.site, a.title, a.published_at, a.url
FROM article_search s
JOIN article_search_rows r ON r.id = s.rowid
JOIN articles a ON a.article_id = r.article_id
WHERE article_search MATCH :words
ORDER BY a.published_at DESC NULLS LAST, a.article_id
LIMIT 20;
