-- Tables of the warehouse on SQLite. Times are ISO 8601 text in UTC that ends in +00:00, dates YYYY-MM-DD, JSON is text.

-- One row per run of the pipeline that was loaded.
CREATE TABLE runs (
  run_id TEXT NOT NULL,  -- Name of the run; running it again keeps the name
  run_date DATE NOT NULL,  -- The night the run stands for
  code_version TEXT NOT NULL,  -- Version of Copydesk that made the rows
  config_hash TEXT NOT NULL,  -- Hash of the settings and sources that can change what a run makes
  first_loaded_at TEXT NOT NULL,  -- When the run was first loaded
  loaded_at TEXT NOT NULL,  -- When a load of the run last changed a row
  PRIMARY KEY (run_id)
);
CREATE INDEX runs_run_date ON runs (run_date);

-- What is known of each URL that was ever fetched: the next fetch starts from here.
CREATE TABLE url_state (
  url_id TEXT NOT NULL,  -- First 32 hex digits of the sha256 of the normalised URL
  url TEXT NOT NULL,  -- The URL as first discovered
  site TEXT NOT NULL,  -- Registered domain
  first_seen_date DATE NOT NULL,  -- Night of the first fetch
  last_fetch_date DATE NOT NULL,  -- Night of the last fetch
  last_fetched_at TEXT NOT NULL,  -- Time of the last fetch
  last_outcome TEXT NOT NULL,  -- Outcome of the last fetch: fetched, not_modified or the code of the error
  last_success_date DATE,  -- Night of the last fetch that succeeded
  etag TEXT,  -- ETag of the last good response
  last_modified TEXT,  -- Last-Modified of the last good response
  digest TEXT,  -- Digest of the last body
  raw_ref TEXT,  -- Where the last body is archived: file#offset+length
  fail_count INTEGER NOT NULL,  -- Fetches that failed since the last good one
  PRIMARY KEY (url_id)
);

-- One row per URL and run: what became of the fetch.
CREATE TABLE fetches (
  run_id TEXT NOT NULL,  -- Run that fetched
  url_id TEXT NOT NULL,  -- First 32 hex digits of the sha256 of the normalised URL
  run_date DATE NOT NULL,  -- The night the run stands for
  url TEXT NOT NULL,  -- URL asked for
  final_url TEXT NOT NULL,  -- URL that answered, after redirects
  source_id TEXT NOT NULL,  -- Source in sources.toml
  site TEXT NOT NULL,  -- Registered domain
  via TEXT NOT NULL,  -- How the URL was found: feed, sitemap, list, file or warc
  outcome TEXT NOT NULL,  -- fetched, not_modified or the code of the error
  fetched_at TEXT NOT NULL,  -- Time of the fetch
  language TEXT,  -- Language the source is declared in
  status INTEGER,  -- HTTP status
  content_type TEXT,  -- Content-Type as sent
  etag TEXT,  -- ETag as sent
  last_modified TEXT,  -- Last-Modified as sent
  digest TEXT,  -- Digest of the body
  body_bytes INTEGER,  -- Length of the inflated body
  redirects TEXT NOT NULL,  -- URLs passed through, as a JSON list
  attempts INTEGER NOT NULL,  -- Requests made
  retryable BOOLEAN NOT NULL,  -- Whether a later attempt may succeed
  detail TEXT,  -- The error in words
  warc_filename TEXT,  -- Archive file of the response
  warc_offset INTEGER,  -- Offset of the record in the file
  warc_length INTEGER,  -- Length of the record in the file
  PRIMARY KEY (run_id, url_id)
);
CREATE INDEX fetches_run_date ON fetches (run_date);
CREATE INDEX fetches_url_id ON fetches (url_id, fetched_at);

-- Every article, copies too, in its newest text; the view clean_articles has one per story.
CREATE TABLE articles (
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
  text TEXT NOT NULL,  -- Clean text: paragraphs divided by one blank line
  word_count INTEGER NOT NULL,  -- Words of the clean text, divided by ASCII white space
  content_hash TEXT NOT NULL,  -- sha256 of title and clean text: what makes a version
  row_hash TEXT NOT NULL,  -- Hash of everything the load compares: text, metadata and dropped blocks
  extractor TEXT NOT NULL,  -- Version of the extractor and rules that made the text
  raw_ref TEXT,  -- Where the page is archived: file#offset+length
  fetched_at TEXT,  -- When this text was last fetched
  first_run_id TEXT NOT NULL,  -- Run that brought the article
  first_run_date DATE NOT NULL,  -- Night of that run
  last_run_id TEXT NOT NULL,  -- Run that last changed it
  PRIMARY KEY (article_id)
);
CREATE INDEX articles_first_run_date ON articles (first_run_date);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_site ON articles (site, published_at);

-- Every text of an article whose text has changed, the newest too; an article that never changed has no row.
CREATE TABLE article_versions (
  article_id TEXT NOT NULL,  -- Article
  content_hash TEXT NOT NULL,  -- sha256 of title and clean text
  version_no INTEGER NOT NULL,  -- 1, 2, … in the order they were loaded; a back-filled older text comes late: order by seen_at
  seen_at TEXT,  -- When this text was fetched
  run_id TEXT NOT NULL,  -- Run that brought it
  raw_ref TEXT,  -- Where the page is archived: file#offset+length
  title TEXT,  -- Headline of this version
  text TEXT NOT NULL,  -- Clean text of this version
  extractor TEXT NOT NULL,  -- Version of the extractor and rules that made the text
  PRIMARY KEY (article_id, content_hash)
);

-- Blocks of the article's page that are not in its clean text, each with the rule that dropped it.
CREATE TABLE dropped_blocks (
  article_id TEXT NOT NULL,  -- Article
  block_index INTEGER NOT NULL,  -- Place of the block in the page, from 0
  kind TEXT NOT NULL,  -- paragraph, heading, list_item, quote, caption, table or code
  text TEXT NOT NULL,  -- The block as it stood in the page
  rule TEXT NOT NULL,  -- Id of the rule
  PRIMARY KEY (article_id, block_index)
);

-- One row per story: an article and its copies. A story whose members all moved stays, with 0 members.
CREATE TABLE stories (
  story_id TEXT NOT NULL,  -- Story
  canonical_article_id TEXT NOT NULL,  -- Article that stands for the story
  members INTEGER NOT NULL,  -- Articles of the story, the canonical one too
  sites INTEGER NOT NULL,  -- Sites that ran it
  first_published_at TEXT,  -- Earliest publication time of its members
  last_published_at TEXT,  -- Latest publication time of its members
  merged_into TEXT,  -- Story that took the members over, when there are none left
  first_run_id TEXT NOT NULL,  -- Run that first had the story
  last_run_id TEXT NOT NULL,  -- Run that last changed it
  PRIMARY KEY (story_id)
);

-- Which story each article belongs to, and why.
CREATE TABLE story_members (
  article_id TEXT NOT NULL,  -- Article
  story_id TEXT NOT NULL,  -- Story
  canonical_article_id TEXT NOT NULL,  -- Article that stands for the story
  relation TEXT NOT NULL,  -- unique, canonical or copy
  score REAL,  -- Similarity to the canonical article, 0 to 1
  canonical_reason TEXT NOT NULL,  -- Why the canonical article was chosen
  matched_article_id TEXT,  -- Article it was found to copy
  proof TEXT,  -- The numbers that decided, as JSON
  run_id TEXT NOT NULL,  -- Run that last decided
  PRIMARY KEY (article_id)
) WITHOUT ROWID;
CREATE INDEX story_members_story_id ON story_members (story_id);

-- Passages that an article shares with an earlier source.
CREATE TABLE passages (
  article_id TEXT NOT NULL,  -- Article that carries the passage
  start_offset INTEGER NOT NULL,  -- First character in the clean text, from 0
  end_offset INTEGER NOT NULL,  -- Character after the last one
  source_article_id TEXT NOT NULL,  -- Article it was taken from
  words INTEGER NOT NULL,  -- Length in words
  run_id TEXT NOT NULL,  -- Run that last decided
  PRIMARY KEY (article_id, start_offset, end_offset, source_article_id)
) WITHOUT ROWID;
CREATE INDEX passages_source ON passages (source_article_id);

-- Quarantine: inputs that could not be processed, with the reason.
CREATE TABLE rejects (
  run_id TEXT NOT NULL,  -- Run that rejected it
  url_id TEXT NOT NULL,  -- First 32 hex digits of the sha256 of the normalised URL
  stage TEXT NOT NULL,  -- Stage that rejected it
  run_date DATE NOT NULL,  -- The night the run stands for
  url TEXT NOT NULL,  -- URL of the input
  site TEXT NOT NULL,  -- Registered domain
  source_id TEXT NOT NULL,  -- Source in sources.toml
  reason TEXT NOT NULL,  -- Code of the reason
  detail TEXT,  -- The reason in words
  retryable BOOLEAN NOT NULL,  -- Whether a later attempt may succeed
  raw_ref TEXT,  -- Where the page is archived: file#offset+length
  resolved_run_id TEXT,  -- Run that got the input through; null while open
  PRIMARY KEY (run_id, url_id, stage)
);
CREATE INDEX rejects_url_id ON rejects (url_id);

-- Lines that recur on different stories of a site, and so belong to the site and not to an article.
CREATE TABLE site_lines (
  site TEXT NOT NULL,  -- Registered domain
  line_hash TEXT NOT NULL,  -- Hash of the line
  text TEXT NOT NULL,  -- The line
  pages REAL NOT NULL,  -- Stories that carried it, decayed by half every 30 days since last_seen
  first_seen DATE NOT NULL,  -- First night
  last_seen DATE NOT NULL,  -- Last night
  pages_before REAL,  -- pages before the last night, so that the night can be run again
  last_seen_before DATE,  -- last_seen before the last night
  PRIMARY KEY (site, line_hash)
);

-- How many items each stage saw, by what became of them.
CREATE TABLE stage_reports (
  run_id TEXT NOT NULL,  -- Run
  stage TEXT NOT NULL,  -- Stage
  shard TEXT NOT NULL,  -- Shard of the work
  outcome TEXT NOT NULL,  -- What became of the items
  run_date DATE NOT NULL,  -- The night the run stands for
  n INTEGER NOT NULL,  -- Items
  PRIMARY KEY (run_id, stage, shard, outcome)
) WITHOUT ROWID;
CREATE INDEX stage_reports_run_date ON stage_reports (run_date);
