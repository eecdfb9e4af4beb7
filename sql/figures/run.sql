-- Count what a run brought: by source and site, by rule with samples, and its most copied stories. The load runs this in its own
-- transaction, after articles.sql; `run_articles` and `run_dropped` are temporary tables that it makes.
DELETE FROM run_sources WHERE run_id = :run_id;
DELETE FROM run_rules WHERE run_id = :run_id;
DELETE FROM rule_samples WHERE run_id = :run_id;
DELETE FROM run_stories WHERE run_id = :run_id;

-- An article_id is a hash: the least one for each first digit spreads the samples over the night, and is always the same.
INSERT INTO run_dropped (source_id, site, rule, digit, blocks, articles, article_id)
SELECT a.source_id, a.site, d.rule, SUBSTR(a.article_id, 1, 1), COUNT(*), COUNT(DISTINCT a.article_id), MIN(a.article_id)
FROM run_articles a
JOIN dropped_blocks d ON d.article_id = a.article_id
GROUP BY a.source_id, a.site, d.rule, SUBSTR(a.article_id, 1, 1);

INSERT INTO run_rules (run_id, rule, run_date, blocks, articles)
SELECT :run_id, rule, :run_date, SUM(blocks), SUM(articles)
FROM run_dropped
GROUP BY rule;

INSERT INTO rule_samples (run_id, rule, article_id, block_index, run_date)
SELECT :run_id, chosen.rule, chosen.article_id, MIN(d.block_index), :run_date
FROM (SELECT rule, MIN(article_id) AS article_id FROM run_dropped GROUP BY rule, digit) chosen
JOIN dropped_blocks d ON d.article_id = chosen.article_id AND d.rule = chosen.rule
GROUP BY chosen.rule, chosen.article_id;

INSERT INTO run_sources (
  run_id, source_id, site, run_date, fetches, fetched, not_modified, body_bytes, articles, copies, words, dropped_blocks, rejects,
  first_fetched_at, last_fetched_at
)
SELECT
  :run_id, source_id, site, :run_date, SUM(fetches), SUM(fetched), SUM(not_modified), SUM(body_bytes), SUM(articles), SUM(copies),
  SUM(words), SUM(dropped_blocks), SUM(rejects), MIN(first_fetched_at), MAX(last_fetched_at)
FROM (
  SELECT
    source_id,
    site,
    COUNT(*) AS fetches,
    SUM(CASE WHEN outcome = 'fetched' THEN 1 ELSE 0 END) AS fetched,
    SUM(CASE WHEN outcome = 'not_modified' THEN 1 ELSE 0 END) AS not_modified,
    SUM(COALESCE(body_bytes, 0)) AS body_bytes,
    0 AS articles,
    0 AS copies,
    0 AS words,
    0 AS dropped_blocks,
    0 AS rejects,
    MIN(fetched_at) AS first_fetched_at,
    MAX(fetched_at) AS last_fetched_at
  FROM fetches
  WHERE run_id = :run_id
  GROUP BY source_id, site
  UNION ALL
  SELECT
    a.source_id, a.site, 0, 0, 0, 0, COUNT(*), SUM(CASE WHEN m.relation = 'copy' THEN 1 ELSE 0 END), SUM(a.words), 0, 0, NULL, NULL
  FROM run_articles a
  LEFT JOIN story_members m ON m.article_id = a.article_id
  GROUP BY a.source_id, a.site
  UNION ALL
  SELECT source_id, site, 0, 0, 0, 0, 0, 0, 0, SUM(blocks), 0, NULL, NULL
  FROM run_dropped
  GROUP BY source_id, site
  UNION ALL
  -- What a later run got through was rejected by this one all the same, also where this one is loaded again since.
  SELECT source_id, site, 0, 0, 0, 0, 0, 0, 0, 0, COUNT(*), NULL, NULL
  FROM rejects
  WHERE run_id = :run_id AND (resolved_run_id IS NULL OR resolved_run_id <> run_id)
  GROUP BY source_id, site
) parts
GROUP BY source_id, site;

INSERT INTO run_stories (run_id, place, run_date, story_id)
SELECT :run_id, ROW_NUMBER() OVER (ORDER BY members DESC, story_id), :run_date, story_id
FROM (
  SELECT DISTINCT s.story_id, s.members
  FROM run_articles a
  JOIN story_members m ON m.article_id = a.article_id
  JOIN stories s ON s.story_id = m.story_id
  WHERE s.members > 1
  ORDER BY s.members DESC, s.story_id
  LIMIT 20
) biggest;
