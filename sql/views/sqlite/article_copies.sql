-- Every article once: which story it belongs to, whether it is a copy, and how late it was.
--   story_id  Story; null for an article that was loaded without having been compared
--   article_id  Article
--   canonical_article_id  Article that stands for the story
--   site  Registered domain
--   url  URL of the page
--   published_at  Publication time the page claims, in UTC
--   relation  unique (its story ran once), canonical (it stands for its story) or copy
--   score  Similarity of a copy to the article it was found to copy, 0 to 1: the canonical one, unless the story was given another later
--   lag_hours  Hours after the canonical article, a time without a zone taken as UTC; null when either has no time of day
CREATE VIEW article_copies AS
SELECT
  m.story_id,
  a.article_id,
  COALESCE(s.canonical_article_id, a.article_id) AS canonical_article_id,
  a.site,
  a.url,
  a.published_at,
  CASE WHEN COALESCE(s.members, 1) = 1 THEN 'unique' WHEN s.canonical_article_id = a.article_id THEN 'canonical' ELSE 'copy' END
    AS relation,
  m.score,
  CASE
    WHEN a.published_precision <> 'day' AND c.published_precision <> 'day'
    -- In whole seconds first: a day is counted in binary fractions, and 18 seconds are 0.005 hours.
    THEN ROUND(ROUND((julianday(a.published_at) - julianday(c.published_at)) * 86400, 3) / 36) / 100
  END AS lag_hours
FROM articles a
LEFT JOIN story_members m ON m.article_id = a.article_id
LEFT JOIN stories s ON s.story_id = m.story_id
LEFT JOIN articles c ON c.article_id = COALESCE(s.canonical_article_id, a.article_id);
