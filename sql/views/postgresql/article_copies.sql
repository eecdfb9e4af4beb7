-- Every article of a story that ran more than once, the canonical one too, and how late it was.
--   story_id  Story
--   article_id  Article
--   canonical_article_id  Article that stands for the story
--   site  Registered domain
--   url  URL of the page
--   published_at  Publication time the page claims, in UTC
--   relation  canonical or copy
--   score  Similarity to the canonical article, 0 to 1
--   lag_hours  Hours after the canonical article; null when either has no time of day
CREATE VIEW article_copies AS
SELECT
  s.story_id,
  a.article_id,
  s.canonical_article_id,
  a.site,
  a.url,
  a.published_at,
  m.relation,
  m.score,
  CASE
    WHEN a.published_precision <> 'day' AND c.published_precision <> 'day'
    THEN ROUND(EXTRACT(EPOCH FROM a.published_at - c.published_at)::numeric / 3600, 2)::double precision
  END AS lag_hours
FROM stories s
JOIN story_members m ON m.story_id = s.story_id
JOIN articles a ON a.article_id = m.article_id
JOIN articles c ON c.article_id = s.canonical_article_id
WHERE s.members > 1;
