-- One row per story: the article that stands for it, with how far it was copied.
--   article_id  The canonical article of the story
--   story_id  Story; null for an article that was loaded without having been compared
--   site  Registered domain
--   url  URL of the page; null for a document without one
--   title  Headline
--   authors  Names as a JSON list
--   published_at  Publication time the page claims, in UTC; midnight when only the day is known
--   language  ISO 639-1 code
--   text  Clean text: paragraphs divided by one blank line
--   word_count  Words of the text
--   copies  How many other articles of the story there are
--   sites  How many sites ran the story
--   first_published_at  Earliest publication time among the story's articles
CREATE VIEW clean_articles AS
SELECT
  a.article_id,
  m.story_id,
  a.site,
  a.url,
  a.title,
  a.authors,
  a.published_at,
  a.language,
  a.text,
  a.word_count,
  COALESCE(s.members - 1, 0) AS copies,
  COALESCE(s.sites, 1) AS sites,
  COALESCE(s.first_published_at, a.published_at) AS first_published_at
FROM articles a
LEFT JOIN story_members m ON m.article_id = a.article_id
LEFT JOIN stories s ON s.story_id = m.story_id
-- Said with OR, PostgreSQL would take it for true of next to no article, and would read all of them for the newest ten.
WHERE COALESCE(s.canonical_article_id = a.article_id, TRUE);
