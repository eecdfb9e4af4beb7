-- What is in quarantine, by reason, with one URL to look at.
SELECT stage, reason, COUNT(*) AS inputs, MAX(nights) AS nights, MIN(url) AS sample_url
FROM open_rejects
GROUP BY stage, reason
ORDER BY inputs DESC, stage, reason;
