-- Passages that one article took from another, with both articles named.
--   article_id  Article that carries the passage
--   title  Its headline
--   site  Its site
--   start_offset  First character of the passage in its text, from 0
--   end_offset  Character after the last one
--   words  Length in words
--   source_article_id  Article it was taken from
--   source_title  Headline of the source
--   source_site  Site of the source
--   source_published_at  Publication time of the source, in UTC
CREATE VIEW article_passages AS
SELECT
  p.article_id,
  a.title,
  a.site,
  p.start_offset,
  p.end_offset,
  p.words,
  p.source_article_id,
  b.title AS source_title,
  b.site AS source_site,
  b.published_at AS source_published_at
FROM passages p
JOIN articles a ON a.article_id = p.article_id
LEFT JOIN articles b ON b.article_id = p.source_article_id;
