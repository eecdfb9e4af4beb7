-- Every article once without its text, for lists.
--   article_id  Article
--   run_id  Run that brought it
--   run_date  Night of that run
--   source_id  Source in sources.toml
--   site  Registered domain
--   url  URL of the page; null for a document without one
--   title  Headline
--   language  ISO 639-1 code
--   published_at  Publication time the page claims, in UTC; midnight when only the day is known
--   published_precision  day, time, or local (a time without a zone, taken as UTC)
--   word_count  Words of the clean text
--   story_id  Story
--   relation  unique, canonical or copy
CREATE VIEW article_list AS
SELECT
  a.article_id,
  a.first_run_id AS run_id,
  a.first_run_date AS run_date,
  a.source_id,
  a.site,
  a.url,
  a.title,
  a.language,
  a.published_at,
  a.published_precision,
  a.word_count,
  COALESCE(m.story_id, a.article_id) AS story_id,
  COALESCE(m.relation, 'unique') AS relation
FROM articles a
LEFT JOIN story_members m ON m.article_id = a.article_id;
