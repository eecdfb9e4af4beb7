-- Every article with all that is known of it and its place in its story.
--   article_id  Article
--   url_id  First 32 hex digits of the sha256 of the normalised URL; null for a document without one
--   source_id  Source in sources.toml
--   site  Registered domain
--   url  URL of the page
--   canonical_url  Canonical URL the page claims, when it is believed
--   title  Headline
--   authors  Names as a JSON list
--   published_at  Publication time the page claims, in UTC; midnight when only the day is known
--   published_precision  day, time, or local (a time without a zone, taken as UTC)
--   published_basis  Where the date was read: jsonld, meta, time, url, text; source: the page tells none, its feed, sitemap or record does
--   published_text  The date as the page gives it, ISO 8601
--   modified_at  Time of change the page claims, in UTC
--   language  ISO 639-1 code
--   section  Section of the site
--   image  URL of the lead image
--   paywalled  Whether the page says that readers must pay
--   wire_credit  News agency that the page credits
--   source_link  URL that the page names as its source
--   text  Clean text: paragraphs divided by one blank line
--   word_count  Words of the clean text
--   extractor  Version of the extractor and rules that made the text
--   raw_ref  Where the page is archived: file#offset+length
--   fetched_at  When this text was last fetched
--   run_id  Run that brought the article
--   run_date  Night of that run
--   last_run_id  Run that last changed it
--   story_id  Story
--   canonical_article_id  Article that stands for the story
--   relation  unique, canonical or copy
--   score  Similarity of a copy to the article it was found to copy, 0 to 1: the canonical one, unless the story was given another later
--   canonical_reason  Why the canonical article was chosen
--   matched_article_id  Article it was found to copy
--   proof  The numbers that decided, as JSON
CREATE VIEW article_pages AS
SELECT
  a.article_id,
  a.url_id,
  a.source_id,
  a.site,
  a.url,
  a.canonical_url,
  a.title,
  a.authors,
  a.published_at,
  a.published_precision,
  a.published_basis,
  a.published_text,
  a.modified_at,
  a.language,
  a.section,
  a.image,
  a.paywalled,
  a.wire_credit,
  a.source_link,
  a.text,
  a.word_count,
  a.extractor,
  a.raw_ref,
  a.fetched_at,
  a.first_run_id AS run_id,
  a.first_run_date AS run_date,
  a.last_run_id,
  COALESCE(m.story_id, a.article_id) AS story_id,
  COALESCE(s.canonical_article_id, a.article_id) AS canonical_article_id,
  COALESCE(m.relation, 'unique') AS relation,
  m.score,
  m.canonical_reason,
  m.matched_article_id,
  m.proof
FROM articles a
LEFT JOIN story_members m ON m.article_id = a.article_id
LEFT JOIN stories s ON s.story_id = m.story_id;
