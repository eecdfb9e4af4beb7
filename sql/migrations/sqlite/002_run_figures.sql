-- Figures of each run, counted once when it is loaded, so that the report pages need not count a night on every visit; and
-- the articles of a night in the order in which they are listed.

DROP INDEX articles_first_run_date;
CREATE INDEX articles_first_run_date ON articles (first_run_date, site, article_id);

-- What each source and site brought in a run, counted when the run is loaded: the report pages read it instead of the night.
CREATE TABLE run_sources (
  run_id TEXT NOT NULL,  -- Run
  source_id TEXT NOT NULL,  -- Source in sources.toml
  site TEXT NOT NULL,  -- Registered domain
  run_date DATE NOT NULL,  -- The night the run stands for
  fetches INTEGER NOT NULL,  -- URLs asked for
  fetched INTEGER NOT NULL,  -- Pages that came, new or changed
  not_modified INTEGER NOT NULL,  -- Pages that had not changed
  body_bytes INTEGER NOT NULL,  -- Bytes of the inflated bodies
  articles INTEGER NOT NULL,  -- Articles that the run brought
  copies INTEGER NOT NULL,  -- Of these, copies of other articles
  words INTEGER NOT NULL,  -- Words of their clean texts
  dropped_blocks INTEGER NOT NULL,  -- Blocks that cleaning took out of them
  rejects INTEGER NOT NULL,  -- Inputs put into quarantine
  first_fetched_at TEXT,  -- Time of the first fetch
  last_fetched_at TEXT,  -- Time of the last fetch
  PRIMARY KEY (run_id, source_id, site)
);
CREATE INDEX run_sources_run_date ON run_sources (run_date, source_id);

-- How often each rule fired on the articles that a run brought, counted when the run is loaded.
CREATE TABLE run_rules (
  run_id TEXT NOT NULL,  -- Run
  rule TEXT NOT NULL,  -- Id of the rule
  run_date DATE NOT NULL,  -- The night the run stands for
  blocks INTEGER NOT NULL,  -- Blocks that the rule dropped
  articles INTEGER NOT NULL,  -- Articles that it dropped them from
  PRIMARY KEY (run_id, rule)
);
CREATE INDEX run_rules_rule ON run_rules (rule, run_date);

-- Up to sixteen dropped blocks of each rule and run, spread over the articles.
CREATE TABLE rule_samples (
  run_id TEXT NOT NULL,  -- Run
  rule TEXT NOT NULL,  -- Id of the rule
  article_id TEXT NOT NULL,  -- Article
  block_index INTEGER NOT NULL,  -- Place of the block in the page, from 0
  run_date DATE NOT NULL,  -- The night the run stands for
  PRIMARY KEY (run_id, rule, article_id)
);
CREATE INDEX rule_samples_rule ON rule_samples (rule, run_date);

-- The most copied stories that the articles of a run are in.
CREATE TABLE run_stories (
  run_id TEXT NOT NULL,  -- Run
  place INTEGER NOT NULL,  -- 1 is the most copied
  run_date DATE NOT NULL,  -- The night the run stands for
  story_id TEXT NOT NULL,  -- Story
  PRIMARY KEY (run_id, place)
);

-- What the checks of sql/checks found when a night was last published.
CREATE TABLE run_checks (
  run_date DATE NOT NULL,  -- The night that was published
  name TEXT NOT NULL,  -- File name of the check
  passed BOOLEAN NOT NULL,  -- Whether it found nothing
  meaning TEXT NOT NULL,  -- What the check holds to
  found JSON NOT NULL,  -- The first rows it found, as JSON
  PRIMARY KEY (run_date, name)
);
