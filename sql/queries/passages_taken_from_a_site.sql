-- Who took passages from whom: pairs of sites, with the longest passage.
SELECT taken_from, site, passages, words, longest
FROM (
  SELECT
    s.site AS taken_from,
    a.site AS site,
    COUNT(*) OVER (PARTITION BY s.site, a.site) AS passages,
    CAST(SUM(p.words) OVER (PARTITION BY s.site, a.site) AS BIGINT) AS words,
    p.passage AS longest,
    ROW_NUMBER() OVER (PARTITION BY s.site, a.site ORDER BY p.words DESC, p.article_id, p."start") AS place
  FROM passage_reuse p
  JOIN articles a ON a.article_id = p.article_id
  JOIN articles s ON s.article_id = p.source_article_id
) ranked
WHERE place = 1
ORDER BY passages DESC, taken_from, site;
