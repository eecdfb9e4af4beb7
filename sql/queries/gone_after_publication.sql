-- Articles whose page gave none any more when it last answered: withdrawn, moved away, behind a wall. What was read of them stays.
SELECT site, title, url, came, gone, reason, detail
FROM (
  SELECT
    a.site,
    a.title,
    a.url,
    a.first_run_date AS came,
    r.run_date AS gone,
    r.reason,
    r.detail,
    -- Not the newest of open_rejects: that a page could not be reached since tells nothing of it.
    ROW_NUMBER() OVER (PARTITION BY a.article_id ORDER BY r.run_date DESC, r.run_id DESC, r.stage) AS place
  FROM rejects r
  JOIN articles a ON a.url_id = r.url_id
  WHERE r.resolved_run_id IS NULL AND NOT r.retryable AND r.reason <> 'robots'  -- which forbids to ask
) answers
WHERE place = 1
ORDER BY gone DESC, site, url;
