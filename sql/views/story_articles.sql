-- The articles of each story: which stands for it, which are copies, and by what proof.
--   story_id  Story
--   article_id  Article
--   site  Registered domain
--   url  URL of the page
--   title  Headline
--   language  ISO 639-1 code
--   published_at  Publication time the page claims, in UTC
--   published_precision  day, time, or local (a time without a zone, taken as UTC)
--   word_count  Words of the clean text
--   wire_credit  News agency that the page credits
--   relation  unique, canonical or copy
--   score  Similarity of a copy to the article it was found to copy, 0 to 1: the canonical one, unless the story was given another later
--   canonical_reason  Why the canonical article was chosen
--   proof  The numbers that decided, as JSON
CREATE VIEW story_articles AS
SELECT
  m.story_id,
  a.article_id,
  a.site,
  a.url,
  a.title,
  a.language,
  a.published_at,
  a.published_precision,
  a.word_count,
  a.wire_credit,
  m.relation,
  m.score,
  m.canonical_reason,
  m.proof
FROM story_members m
JOIN articles a ON a.article_id = m.article_id;
