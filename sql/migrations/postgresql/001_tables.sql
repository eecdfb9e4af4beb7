-- Tables of the warehouse. The comments are the data dictionary (docs/data-dictionary.md).

CREATE TABLE runs (
  run_id TEXT NOT NULL,
  run_date DATE NOT NULL,
  code_version TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  first_loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  loaded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (run_id)
);
CREATE INDEX runs_run_date ON runs (run_date);
COMMENT ON TABLE runs IS 'One row per run of the pipeline that was loaded';
COMMENT ON COLUMN runs.run_id IS 'Name of the run; running it again keeps the name';
COMMENT ON COLUMN runs.run_date IS 'The night the run stands for';
COMMENT ON COLUMN runs.code_version IS 'Version of Copydesk that made the rows';
COMMENT ON COLUMN runs.config_hash IS 'Hash of the settings and sources that can change what a run makes';
COMMENT ON COLUMN runs.first_loaded_at IS 'When the run was first loaded';
COMMENT ON COLUMN runs.loaded_at IS 'When a load of the run last changed a row';

CREATE TABLE url_state (
  url_id TEXT NOT NULL,
  url TEXT NOT NULL,
  site TEXT NOT NULL,
  first_seen_date DATE NOT NULL,
  last_fetch_date DATE NOT NULL,
  last_fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
  last_outcome TEXT NOT NULL,
  last_success_date DATE,
  etag TEXT,
  last_modified TEXT,
  digest TEXT,
  raw_ref TEXT,
  fail_count INTEGER NOT NULL,
  PRIMARY KEY (url_id)
);
COMMENT ON TABLE url_state IS 'What is known of each URL that was ever fetched: the next fetch starts from here';
COMMENT ON COLUMN url_state.url_id IS 'First 32 hex digits of the sha256 of the normalised URL';
COMMENT ON COLUMN url_state.url IS 'The URL as first discovered';
COMMENT ON COLUMN url_state.site IS 'Registered domain';
COMMENT ON COLUMN url_state.first_seen_date IS 'Night of the first fetch';
COMMENT ON COLUMN url_state.last_fetch_date IS 'Night of the last fetch';
COMMENT ON COLUMN url_state.last_fetched_at IS 'Time of the last fetch';
COMMENT ON COLUMN url_state.last_outcome IS 'Outcome of the last fetch: fetched, not_modified or the code of the error';
COMMENT ON COLUMN url_state.last_success_date IS 'Night of the last fetch that succeeded';
COMMENT ON COLUMN url_state.etag IS 'ETag of the last good response';
COMMENT ON COLUMN url_state.last_modified IS 'Last-Modified of the last good response';
COMMENT ON COLUMN url_state.digest IS 'Digest of the last body';
COMMENT ON COLUMN url_state.raw_ref IS 'Where the last body is archived: file#offset+length';
COMMENT ON COLUMN url_state.fail_count IS 'Fetches that failed since the last good one';

CREATE TABLE fetches (
  run_id TEXT NOT NULL,
  url_id TEXT NOT NULL,
  run_date DATE NOT NULL,
  url TEXT NOT NULL,
  final_url TEXT NOT NULL,
  source_id TEXT NOT NULL,
  site TEXT NOT NULL,
  via TEXT NOT NULL,
  outcome TEXT NOT NULL,
  fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
  language TEXT,
  status INTEGER,
  content_type TEXT,
  etag TEXT,
  last_modified TEXT,
  digest TEXT,
  body_bytes BIGINT,
  redirects JSONB NOT NULL,
  attempts INTEGER NOT NULL,
  retryable BOOLEAN NOT NULL,
  detail TEXT,
  warc_filename TEXT,
  warc_offset BIGINT,
  warc_length BIGINT,
  PRIMARY KEY (run_id, url_id)
);
CREATE INDEX fetches_run_date ON fetches (run_date);
CREATE INDEX fetches_url_id ON fetches (url_id, fetched_at);
COMMENT ON TABLE fetches IS 'One row per URL and run: what became of the fetch';
COMMENT ON COLUMN fetches.run_id IS 'Run that fetched';
COMMENT ON COLUMN fetches.url_id IS 'First 32 hex digits of the sha256 of the normalised URL';
COMMENT ON COLUMN fetches.run_date IS 'The night the run stands for';
COMMENT ON COLUMN fetches.url IS 'URL asked for';
COMMENT ON COLUMN fetches.final_url IS 'URL that answered, after redirects';
COMMENT ON COLUMN fetches.source_id IS 'Source in sources.toml';
COMMENT ON COLUMN fetches.site IS 'Registered domain';
COMMENT ON COLUMN fetches.via IS 'How the URL was found: feed, sitemap, list, file or warc';
COMMENT ON COLUMN fetches.outcome IS 'fetched, not_modified or the code of the error';
COMMENT ON COLUMN fetches.fetched_at IS 'Time of the fetch';
COMMENT ON COLUMN fetches.language IS 'Language the source is declared in';
COMMENT ON COLUMN fetches.status IS 'HTTP status';
COMMENT ON COLUMN fetches.content_type IS 'Content-Type as sent';
COMMENT ON COLUMN fetches.etag IS 'ETag as sent';
COMMENT ON COLUMN fetches.last_modified IS 'Last-Modified as sent';
COMMENT ON COLUMN fetches.digest IS 'Digest of the body';
COMMENT ON COLUMN fetches.body_bytes IS 'Length of the inflated body';
COMMENT ON COLUMN fetches.redirects IS 'URLs passed through, as a JSON list';
COMMENT ON COLUMN fetches.attempts IS 'Requests made';
COMMENT ON COLUMN fetches.retryable IS 'Whether a later attempt may succeed';
COMMENT ON COLUMN fetches.detail IS 'The error in words';
COMMENT ON COLUMN fetches.warc_filename IS 'Archive file of the response';
COMMENT ON COLUMN fetches.warc_offset IS 'Offset of the record in the file';
COMMENT ON COLUMN fetches.warc_length IS 'Length of the record in the file';

CREATE TABLE articles (
  article_id TEXT NOT NULL,
  url_id TEXT,
  source_id TEXT NOT NULL,
  site TEXT NOT NULL,
  url TEXT,
  canonical_url TEXT,
  title TEXT,
  authors JSONB NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE,
  published_precision TEXT,
  published_basis TEXT,
  published_text TEXT,
  modified_at TIMESTAMP WITH TIME ZONE,
  language TEXT,
  section TEXT,
  image TEXT,
  paywalled BOOLEAN NOT NULL,
  wire_credit TEXT,
  source_link TEXT,
  text TEXT NOT NULL,
  word_count INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  row_hash TEXT NOT NULL,
  extractor TEXT NOT NULL,
  raw_ref TEXT,
  fetched_at TIMESTAMP WITH TIME ZONE,
  first_run_id TEXT NOT NULL,
  first_run_date DATE NOT NULL,
  last_run_id TEXT NOT NULL,
  PRIMARY KEY (article_id)
);
CREATE INDEX articles_first_run_date ON articles (first_run_date);
CREATE INDEX articles_published_at ON articles (published_at);
CREATE INDEX articles_site ON articles (site, published_at);
COMMENT ON TABLE articles IS 'Every article, copies too, in its newest text; the view clean_articles has one per story';
COMMENT ON COLUMN articles.article_id IS 'First 32 hex digits of the sha256 of the canonical URL, or of the content without a URL';
COMMENT ON COLUMN articles.url_id IS 'url_id of the page; null for a document without a URL';
COMMENT ON COLUMN articles.source_id IS 'Source in sources.toml';
COMMENT ON COLUMN articles.site IS 'Registered domain';
COMMENT ON COLUMN articles.url IS 'URL of the page';
COMMENT ON COLUMN articles.canonical_url IS 'Canonical URL the page claims, when it is believed';
COMMENT ON COLUMN articles.title IS 'Headline';
COMMENT ON COLUMN articles.authors IS 'Names as a JSON list';
COMMENT ON COLUMN articles.published_at IS 'Publication time the page claims, in UTC; midnight when only the day is known';
COMMENT ON COLUMN articles.published_precision IS 'day, time, or local (a time without a zone, taken as UTC)';
COMMENT ON COLUMN articles.published_basis IS 'Where the date was read: jsonld, meta, time, url or text';
COMMENT ON COLUMN articles.published_text IS 'The date as the page gives it, ISO 8601';
COMMENT ON COLUMN articles.modified_at IS 'Time of change the page claims, in UTC';
COMMENT ON COLUMN articles.language IS 'ISO 639-1 code';
COMMENT ON COLUMN articles.section IS 'Section of the site';
COMMENT ON COLUMN articles.image IS 'URL of the lead image';
COMMENT ON COLUMN articles.paywalled IS 'Whether the page says that readers must pay';
COMMENT ON COLUMN articles.wire_credit IS 'News agency that the page credits';
COMMENT ON COLUMN articles.source_link IS 'URL that the page names as its source';
COMMENT ON COLUMN articles.text IS 'Clean text: paragraphs divided by one blank line';
COMMENT ON COLUMN articles.word_count IS 'Words of the clean text, divided by ASCII white space';
COMMENT ON COLUMN articles.content_hash IS 'sha256 of title and clean text: what makes a version';
COMMENT ON COLUMN articles.row_hash IS 'Hash of everything the load compares: text, metadata and dropped blocks';
COMMENT ON COLUMN articles.extractor IS 'Version of the extractor and rules that made the text';
COMMENT ON COLUMN articles.raw_ref IS 'Where the page is archived: file#offset+length';
COMMENT ON COLUMN articles.fetched_at IS 'When this text was last fetched';
COMMENT ON COLUMN articles.first_run_id IS 'Run that brought the article';
COMMENT ON COLUMN articles.first_run_date IS 'Night of that run';
COMMENT ON COLUMN articles.last_run_id IS 'Run that last changed it';

CREATE TABLE article_versions (
  article_id TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  version_no INTEGER NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE,
  run_id TEXT NOT NULL,
  raw_ref TEXT,
  title TEXT,
  text TEXT NOT NULL,
  extractor TEXT NOT NULL,
  PRIMARY KEY (article_id, content_hash)
);
COMMENT ON TABLE article_versions IS 'Every text of an article whose text has changed, the newest too; an article that never changed has no row';
COMMENT ON COLUMN article_versions.article_id IS 'Article';
COMMENT ON COLUMN article_versions.content_hash IS 'sha256 of title and clean text';
COMMENT ON COLUMN article_versions.version_no IS '1, 2, … in the order they were loaded; a back-filled older text comes late: order by seen_at';
COMMENT ON COLUMN article_versions.seen_at IS 'When this text was fetched';
COMMENT ON COLUMN article_versions.run_id IS 'Run that brought it';
COMMENT ON COLUMN article_versions.raw_ref IS 'Where the page is archived: file#offset+length';
COMMENT ON COLUMN article_versions.title IS 'Headline of this version';
COMMENT ON COLUMN article_versions.text IS 'Clean text of this version';
COMMENT ON COLUMN article_versions.extractor IS 'Version of the extractor and rules that made the text';

CREATE TABLE dropped_blocks (
  article_id TEXT NOT NULL,
  block_index INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  rule TEXT NOT NULL,
  PRIMARY KEY (article_id, block_index)
);
COMMENT ON TABLE dropped_blocks IS 'Blocks of the article''s page that are not in its clean text, each with the rule that dropped it';
COMMENT ON COLUMN dropped_blocks.article_id IS 'Article';
COMMENT ON COLUMN dropped_blocks.block_index IS 'Place of the block in the page, from 0';
COMMENT ON COLUMN dropped_blocks.kind IS 'paragraph, heading, list_item, quote, caption, table or code';
COMMENT ON COLUMN dropped_blocks.text IS 'The block as it stood in the page';
COMMENT ON COLUMN dropped_blocks.rule IS 'Id of the rule';

CREATE TABLE stories (
  story_id TEXT NOT NULL,
  canonical_article_id TEXT NOT NULL,
  members INTEGER NOT NULL,
  sites INTEGER NOT NULL,
  first_published_at TIMESTAMP WITH TIME ZONE,
  last_published_at TIMESTAMP WITH TIME ZONE,
  merged_into TEXT,
  first_run_id TEXT NOT NULL,
  last_run_id TEXT NOT NULL,
  PRIMARY KEY (story_id)
);
COMMENT ON TABLE stories IS 'One row per story: an article and its copies. A story whose members all moved stays, with 0 members';
COMMENT ON COLUMN stories.story_id IS 'Story';
COMMENT ON COLUMN stories.canonical_article_id IS 'Article that stands for the story';
COMMENT ON COLUMN stories.members IS 'Articles of the story, the canonical one too';
COMMENT ON COLUMN stories.sites IS 'Sites that ran it';
COMMENT ON COLUMN stories.first_published_at IS 'Earliest publication time of its members';
COMMENT ON COLUMN stories.last_published_at IS 'Latest publication time of its members';
COMMENT ON COLUMN stories.merged_into IS 'Story that took the members over, when there are none left';
COMMENT ON COLUMN stories.first_run_id IS 'Run that first had the story';
COMMENT ON COLUMN stories.last_run_id IS 'Run that last changed it';

CREATE TABLE story_members (
  article_id TEXT NOT NULL,
  story_id TEXT NOT NULL,
  canonical_article_id TEXT NOT NULL,
  relation TEXT NOT NULL,
  score DOUBLE PRECISION,
  canonical_reason TEXT NOT NULL,
  matched_article_id TEXT,
  proof JSONB,
  run_id TEXT NOT NULL,
  PRIMARY KEY (article_id)
);
CREATE INDEX story_members_story_id ON story_members (story_id);
COMMENT ON TABLE story_members IS 'Which story each article belongs to, and why';
COMMENT ON COLUMN story_members.article_id IS 'Article';
COMMENT ON COLUMN story_members.story_id IS 'Story';
COMMENT ON COLUMN story_members.canonical_article_id IS 'Article that stands for the story';
COMMENT ON COLUMN story_members.relation IS 'unique, canonical or copy';
COMMENT ON COLUMN story_members.score IS 'Similarity to the canonical article, 0 to 1';
COMMENT ON COLUMN story_members.canonical_reason IS 'Why the canonical article was chosen';
COMMENT ON COLUMN story_members.matched_article_id IS 'Article it was found to copy';
COMMENT ON COLUMN story_members.proof IS 'The numbers that decided, as JSON';
COMMENT ON COLUMN story_members.run_id IS 'Run that last decided';

CREATE TABLE passages (
  article_id TEXT NOT NULL,
  start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  source_article_id TEXT NOT NULL,
  words INTEGER NOT NULL,
  run_id TEXT NOT NULL,
  PRIMARY KEY (article_id, start_offset, end_offset, source_article_id)
);
CREATE INDEX passages_source ON passages (source_article_id);
COMMENT ON TABLE passages IS 'Passages that an article shares with an earlier source';
COMMENT ON COLUMN passages.article_id IS 'Article that carries the passage';
COMMENT ON COLUMN passages.start_offset IS 'First character in the clean text, from 0';
COMMENT ON COLUMN passages.end_offset IS 'Character after the last one';
COMMENT ON COLUMN passages.source_article_id IS 'Article it was taken from';
COMMENT ON COLUMN passages.words IS 'Length in words';
COMMENT ON COLUMN passages.run_id IS 'Run that last decided';

CREATE TABLE rejects (
  run_id TEXT NOT NULL,
  url_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  run_date DATE NOT NULL,
  url TEXT NOT NULL,
  site TEXT NOT NULL,
  source_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT,
  retryable BOOLEAN NOT NULL,
  raw_ref TEXT,
  resolved_run_id TEXT,
  PRIMARY KEY (run_id, url_id, stage)
);
CREATE INDEX rejects_url_id ON rejects (url_id);
COMMENT ON TABLE rejects IS 'Quarantine: inputs that could not be processed, with the reason';
COMMENT ON COLUMN rejects.run_id IS 'Run that rejected it';
COMMENT ON COLUMN rejects.url_id IS 'First 32 hex digits of the sha256 of the normalised URL';
COMMENT ON COLUMN rejects.stage IS 'Stage that rejected it';
COMMENT ON COLUMN rejects.run_date IS 'The night the run stands for';
COMMENT ON COLUMN rejects.url IS 'URL of the input';
COMMENT ON COLUMN rejects.site IS 'Registered domain';
COMMENT ON COLUMN rejects.source_id IS 'Source in sources.toml';
COMMENT ON COLUMN rejects.reason IS 'Code of the reason';
COMMENT ON COLUMN rejects.detail IS 'The reason in words';
COMMENT ON COLUMN rejects.retryable IS 'Whether a later attempt may succeed';
COMMENT ON COLUMN rejects.raw_ref IS 'Where the page is archived: file#offset+length';
COMMENT ON COLUMN rejects.resolved_run_id IS 'Run that got the input through; null while open';

CREATE TABLE site_lines (
  site TEXT NOT NULL,
  line_hash TEXT NOT NULL,
  text TEXT NOT NULL,
  pages DOUBLE PRECISION NOT NULL,
  first_seen DATE NOT NULL,
  last_seen DATE NOT NULL,
  pages_before DOUBLE PRECISION,
  last_seen_before DATE,
  PRIMARY KEY (site, line_hash)
);
COMMENT ON TABLE site_lines IS 'Lines that recur on different stories of a site, and so belong to the site and not to an article';
COMMENT ON COLUMN site_lines.site IS 'Registered domain';
COMMENT ON COLUMN site_lines.line_hash IS 'Hash of the line';
COMMENT ON COLUMN site_lines.text IS 'The line';
COMMENT ON COLUMN site_lines.pages IS 'Stories that carried it, decayed by half every 30 days since last_seen';
COMMENT ON COLUMN site_lines.first_seen IS 'First night';
COMMENT ON COLUMN site_lines.last_seen IS 'Last night';
COMMENT ON COLUMN site_lines.pages_before IS 'pages before the last night, so that the night can be run again';
COMMENT ON COLUMN site_lines.last_seen_before IS 'last_seen before the last night';

CREATE TABLE stage_reports (
  run_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  shard TEXT NOT NULL,
  outcome TEXT NOT NULL,
  run_date DATE NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (run_id, stage, shard, outcome)
);
CREATE INDEX stage_reports_run_date ON stage_reports (run_date);
COMMENT ON TABLE stage_reports IS 'How many items each stage saw, by what became of them';
COMMENT ON COLUMN stage_reports.run_id IS 'Run';
COMMENT ON COLUMN stage_reports.stage IS 'Stage';
COMMENT ON COLUMN stage_reports.shard IS 'Shard of the work';
COMMENT ON COLUMN stage_reports.outcome IS 'What became of the items';
COMMENT ON COLUMN stage_reports.run_date IS 'The night the run stands for';
COMMENT ON COLUMN stage_reports.n IS 'Items';
