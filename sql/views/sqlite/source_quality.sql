-- One row per site: how much it brings, how much of it is its own, and what goes wrong; also of one that brought nothing but rejects.
--   site  Registered domain
--   articles  Articles in the warehouse
--   copies  Articles that copy another site's or page's
--   copy_share  Copies as a share of the articles
--   mean_words  Mean length of the clean text in words
--   without_date  Articles whose date is not known
--   dropped_per_article  Mean number of blocks that cleaning dropped
--   open_rejects  Inputs in quarantine
--   last_published_at  Latest publication time
--   last_fetched_at  Last fetch of a page that became an article
CREATE VIEW source_quality AS
SELECT
  a.site,
  COUNT(*) AS articles,
  SUM(CASE WHEN m.relation = 'copy' THEN 1 ELSE 0 END) AS copies,
  CAST(ROUND(SUM(CASE WHEN m.relation = 'copy' THEN 1 ELSE 0 END) * 1.0 / COUNT(*), 3) AS DOUBLE PRECISION) AS copy_share,
  CAST(ROUND(AVG(a.word_count), 1) AS DOUBLE PRECISION) AS mean_words,
  SUM(CASE WHEN a.published_at IS NULL THEN 1 ELSE 0 END) AS without_date,
  -- Looked up article by article: whoever asks for one site waits for its articles alone.
  CAST(ROUND(SUM((SELECT COUNT(*) FROM dropped_blocks d WHERE d.article_id = a.article_id)) * 1.0 / COUNT(*), 2) AS DOUBLE PRECISION)
    AS dropped_per_article,
  COALESCE(MAX(r.rejects), 0) AS open_rejects,
  MAX(a.published_at) AS last_published_at,
  MAX(a.fetched_at) AS last_fetched_at
FROM articles a
LEFT JOIN story_members m ON m.article_id = a.article_id
LEFT JOIN (
  SELECT site, COUNT(DISTINCT url_id) AS rejects FROM rejects WHERE resolved_run_id IS NULL GROUP BY site
) r ON r.site = a.site
GROUP BY a.site
UNION ALL
SELECT r.site, 0, 0, 0.0, NULL, 0, 0.0, COUNT(DISTINCT r.url_id), NULL, NULL
FROM rejects r
WHERE r.resolved_run_id IS NULL AND r.site <> '' AND NOT EXISTS (SELECT 1 FROM articles a WHERE a.site = r.site)
GROUP BY r.site;
