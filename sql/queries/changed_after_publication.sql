-- Articles whose text changed after it was first seen: each version beside the one before it.
SELECT
  a.site,
  a.url,
  v.seen_at,
  LAG(v.title) OVER w AS title_before,
  v.title,
  LENGTH(v.text) - LAG(LENGTH(v.text)) OVER w AS characters_more,
  v.text,
  LAG(v.text) OVER w AS text_before
FROM article_versions v
JOIN articles a ON a.article_id = v.article_id
WINDOW w AS (PARTITION BY v.article_id ORDER BY v.seen_at, v.version_no)
ORDER BY a.site, a.url, v.article_id, v.seen_at, v.version_no;
