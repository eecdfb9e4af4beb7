-- Articles whose text changed after it was first seen: each version beside the one before it. What newer rules made of the same page
-- stands in place of what older ones had made of it, and is no change. The current text is not the last one where an article went back
-- to what it was.
SELECT site, url, seen_at, is_current, title_before, title, characters_more, text, text_before
FROM (
  SELECT
    a.site,
    a.url,
    v.article_id,
    v.version_no,
    v.seen_at,
    v.content_hash = a.content_hash AS is_current,
    LAG(v.title) OVER w AS title_before,
    v.title,
    LENGTH(v.text) - LAG(LENGTH(v.text)) OVER w AS characters_more,
    v.text,
    LAG(v.text) OVER w AS text_before,
    COUNT(*) OVER (PARTITION BY v.article_id) AS texts
  FROM article_versions v
  JOIN articles a ON a.article_id = v.article_id
  WHERE v.raw_ref IS NULL
    OR (a.raw_ref IS NULL OR a.raw_ref <> v.raw_ref OR a.content_hash = v.content_hash)
    AND NOT EXISTS (
      SELECT 1
      FROM article_versions again
      WHERE again.article_id = v.article_id AND again.raw_ref = v.raw_ref AND again.version_no > v.version_no
    )
  WINDOW w AS (PARTITION BY v.article_id ORDER BY v.seen_at, v.version_no)
) versions
WHERE texts > 1
ORDER BY site, url, article_id, seen_at, version_no;
