-- Sites at least half of whose articles are copies of others', among sites with at least five articles. What a site runs at two addresses
-- of its own is no copy here, as it is in source_quality.
SELECT site, articles, copies, CAST(ROUND(copies * 1.0 / articles, 3) AS DOUBLE PRECISION) AS copy_share
FROM (
  SELECT c.site, COUNT(*) AS articles, SUM(CASE WHEN c.relation = 'copy' AND lead.site <> c.site THEN 1 ELSE 0 END) AS copies
  FROM article_copies c
  JOIN articles lead ON lead.article_id = c.canonical_article_id
  GROUP BY c.site
) sites
WHERE articles >= 5 AND copies * 2 >= articles
ORDER BY copy_share DESC, articles DESC, site;
