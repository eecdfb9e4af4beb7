-- The text of an article as the last column: whoever reads another one, as every load does, need not follow the text through the
-- pages that it fills. The articles are written once more for it. The full-text index goes with the old table; where it is on, the
-- next load makes it again.
DROP TABLE IF EXISTS article_search;
DROP VIEW IF EXISTS article_search_source;
DROP TABLE IF EXISTS article_search_rows;

-- Every article, copies too, in its newest text; the view clean_articles has one per story.
CREATE TABLE articles_text_last (
  article_id TEXT NOT NULL,  -- First 32 hex digits of the sha256 of the canonical URL, or of the content without a URL
  url_id TEXT,  -- url_id of the page; null for a document without a URL
  source_id TEXT NOT NULL,  -- Source in sources.toml
  site TEXT NOT NULL,  -- Registered domain
  url TEXT,  -- URL of the page
  canonical_url TEXT,  -- Canonical URL the page claims, when it is believed
  title TEXT,  -- Headline
  authors TEXT NOT NULL,  -- Names as a JSON list
  published_at TEXT,  -- Publication time the page claims, in UTC; midnight when only the day is known
  published_precision TEXT,  -- day, time, or local (a time without a zone, taken as UTC)
  published_basis TEXT,  -- Where the date was read: jsonld, meta, time, url or text
  published_text TEXT,  -- The date as the page gives it, ISO 8601
  modified_at TEXT,  -- Time of change the page claims, in UTC
  language TEXT,  -- ISO 639-1 code
  section TEXT,  -- Section of the site
  image TEXT,  -- URL of the lead image
  paywalled BOOLEAN NOT NULL,  -- Whether the page says that readers must pay
  wire_credit TEXT,  -- News agency that the page credits
  source_link TEXT,  -- URL that the page names as its source
  word_count INTEGER NOT NULL,  -- Words of the clean text, divided by ASCII white space
  content_hash TEXT NOT NULL,  -- sha256 of title and clean text: what makes a version
  row_hash TEXT NOT NULL,  -- Hash of everything the load compares: text, metadata and dropped blocks
  extractor TEXT NOT NULL,  -- Version of the extractor and rules that made the text
  raw_ref TEXT,  -- Where the page is archived: file#offset+length
  fetched_at TEXT,  -- When this text was last fetched
  first_run_id TEXT NOT NULL,  -- Run that brought the article
  first_run_date DATE NOT NULL,  -- Night of that run
  last_run_id TEXT NOT NULL,  -- Run that last changed it
  text TEXT NOT NULL,  -- Clean text: paragraphs divided by one blank line
  PRIMARY KEY (article_id)
);

INSERT INTO articles_text_last (
  article_id, url_id, source_id, site, url, canonical_url, title, authors, published_at, published_precision,
  published_basis, published_text, modified_at, language, section, image, paywalled, wire_credit, source_link,
  word_count, content_hash, row_hash, extractor, raw_ref, fetched_at, first_run_id, first_run_date, last_run_id, text
)
SELECT
  article_id, url_id, source_id, site, url, canonical_url, title, authors, published_at, published_precision,
  published_basis, published_text, modified_at, language, section, image, paywalled, wire_credit, source_link,
  word_count, content_hash, row_hash, extractor, raw_ref, fetched_at, first_run_id, first_run_date, last_run_id, text
FROM articles;
DROP TABLE articles;
ALTER TABLE articles_text_last RENAME TO articles;
CREATE INDEX articles_first_run_date ON articles (first_run_date, site, article_id);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_site ON articles (site, published_at);
