-- Stories of the last seven nights that several sites ran and one did not: here the one with most articles; put yours there.
WITH mine AS (
  SELECT site FROM source_quality ORDER BY articles DESC, site LIMIT 1
)
SELECT s.story_id, lead.title, lead.site AS original, s.sites, s.members, s.first_published_at, lead.url
FROM story_heads s
JOIN articles lead ON lead.article_id = s.canonical_article_id
WHERE s.sites > 1
  AND lead.first_run_date >= (
    SELECT MIN(run_date)
    FROM (SELECT DISTINCT run_date FROM runs ORDER BY run_date DESC LIMIT 7) recent
  )
  AND NOT EXISTS (
    SELECT 1
    FROM story_articles m
    JOIN mine ON mine.site = m.site
    WHERE m.story_id = s.story_id
  )
ORDER BY s.sites DESC, s.members DESC, s.first_published_at, s.story_id;
