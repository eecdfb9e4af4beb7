-- Articles whose page gave none any more when it was last asked for: withdrawn, moved away, behind a wall. What was read of them stays.
SELECT a.site, a.title, a.url, a.first_run_date AS came, r.run_date AS gone, r.reason, r.detail
FROM open_rejects r
JOIN articles a ON a.url_id = r.url_id
WHERE NOT r.retryable
ORDER BY r.run_date DESC, a.site, a.url;
