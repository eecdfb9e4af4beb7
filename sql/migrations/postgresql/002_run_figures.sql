-- Figures of each run, counted once when it is loaded, so that the report pages need not count a night on every visit; and
-- the articles of a night in the order in which they are listed.

DROP INDEX articles_first_run_date;
CREATE INDEX articles_first_run_date ON articles (first_run_date, site, article_id);

CREATE TABLE run_sources (
  run_id TEXT NOT NULL,
  source_id TEXT NOT NULL,
  site TEXT NOT NULL,
  run_date DATE NOT NULL,
  fetches BIGINT NOT NULL,
  fetched BIGINT NOT NULL,
  not_modified BIGINT NOT NULL,
  body_bytes BIGINT NOT NULL,
  articles BIGINT NOT NULL,
  copies BIGINT NOT NULL,
  words BIGINT NOT NULL,
  dropped_blocks BIGINT NOT NULL,
  rejects BIGINT NOT NULL,
  first_fetched_at TIMESTAMP WITH TIME ZONE,
  last_fetched_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (run_id, source_id, site)
);
CREATE INDEX run_sources_run_date ON run_sources (run_date, source_id);
COMMENT ON TABLE run_sources IS 'What each source and site brought in a run, counted when the run is loaded: the report pages read it instead of the night';
COMMENT ON COLUMN run_sources.run_id IS 'Run';
COMMENT ON COLUMN run_sources.source_id IS 'Source in sources.toml';
COMMENT ON COLUMN run_sources.site IS 'Registered domain';
COMMENT ON COLUMN run_sources.run_date IS 'The night the run stands for';
COMMENT ON COLUMN run_sources.fetches IS 'URLs asked for';
COMMENT ON COLUMN run_sources.fetched IS 'Pages that came, new or changed';
COMMENT ON COLUMN run_sources.not_modified IS 'Pages that had not changed';
COMMENT ON COLUMN run_sources.body_bytes IS 'Bytes of the inflated bodies';
COMMENT ON COLUMN run_sources.articles IS 'Articles that the run brought';
COMMENT ON COLUMN run_sources.copies IS 'Of these, copies of other articles';
COMMENT ON COLUMN run_sources.words IS 'Words of their clean texts';
COMMENT ON COLUMN run_sources.dropped_blocks IS 'Blocks that cleaning took out of them';
COMMENT ON COLUMN run_sources.rejects IS 'Inputs put into quarantine';
COMMENT ON COLUMN run_sources.first_fetched_at IS 'Time of the first fetch';
COMMENT ON COLUMN run_sources.last_fetched_at IS 'Time of the last fetch';

CREATE TABLE run_rules (
  run_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  run_date DATE NOT NULL,
  blocks BIGINT NOT NULL,
  articles BIGINT NOT NULL,
  PRIMARY KEY (run_id, rule)
);
CREATE INDEX run_rules_rule ON run_rules (rule, run_date);
COMMENT ON TABLE run_rules IS 'How often each rule fired on the articles that a run brought, counted when the run is loaded';
COMMENT ON COLUMN run_rules.run_id IS 'Run';
COMMENT ON COLUMN run_rules.rule IS 'Id of the rule';
COMMENT ON COLUMN run_rules.run_date IS 'The night the run stands for';
COMMENT ON COLUMN run_rules.blocks IS 'Blocks that the rule dropped';
COMMENT ON COLUMN run_rules.articles IS 'Articles that it dropped them from';

CREATE TABLE rule_samples (
  run_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  article_id TEXT NOT NULL,
  block_index INTEGER NOT NULL,
  run_date DATE NOT NULL,
  PRIMARY KEY (run_id, rule, article_id)
);
CREATE INDEX rule_samples_rule ON rule_samples (rule, run_date);
COMMENT ON TABLE rule_samples IS 'Up to sixteen dropped blocks of each rule and run, spread over the articles';
COMMENT ON COLUMN rule_samples.run_id IS 'Run';
COMMENT ON COLUMN rule_samples.rule IS 'Id of the rule';
COMMENT ON COLUMN rule_samples.article_id IS 'Article';
COMMENT ON COLUMN rule_samples.block_index IS 'Place of the block in the page, from 0';
COMMENT ON COLUMN rule_samples.run_date IS 'The night the run stands for';

CREATE TABLE run_stories (
  run_id TEXT NOT NULL,
  place INTEGER NOT NULL,
  run_date DATE NOT NULL,
  story_id TEXT NOT NULL,
  PRIMARY KEY (run_id, place)
);
COMMENT ON TABLE run_stories IS 'The most copied stories that the articles of a run are in';
COMMENT ON COLUMN run_stories.run_id IS 'Run';
COMMENT ON COLUMN run_stories.place IS '1 is the most copied';
COMMENT ON COLUMN run_stories.run_date IS 'The night the run stands for';
COMMENT ON COLUMN run_stories.story_id IS 'Story';

CREATE TABLE run_checks (
  run_date DATE NOT NULL,
  name TEXT NOT NULL,
  passed BOOLEAN NOT NULL,
  meaning TEXT NOT NULL,
  found JSONB NOT NULL,
  PRIMARY KEY (run_date, name)
);
COMMENT ON TABLE run_checks IS 'What the checks of sql/checks found when a night was last published';
COMMENT ON COLUMN run_checks.run_date IS 'The night that was published';
COMMENT ON COLUMN run_checks.name IS 'File name of the check';
COMMENT ON COLUMN run_checks.passed IS 'Whether it found nothing';
COMMENT ON COLUMN run_checks.meaning IS 'What the check holds to';
COMMENT ON COLUMN run_checks.found IS 'The first rows it found, as JSON';
