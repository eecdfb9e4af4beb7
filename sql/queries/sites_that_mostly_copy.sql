-- Sites at least half of whose articles are copies of others', among sites with at least five articles.
SELECT site, articles, copies, copy_share, mean_words
FROM source_quality
WHERE articles >= 5 AND copies * 2 >= articles
ORDER BY copy_share DESC, articles DESC, site;
