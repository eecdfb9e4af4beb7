-- Passages that an article shares with its source.
--   article_id  Article that carries the passage
--   start  First character of the passage in the article's text, from 0
--   end  Character after the last one; write "end" or p.end, as it is a word of SQL
--   words  Length in words
--   source_article_id  Article it was taken from
--   passage  The passage
CREATE VIEW passage_reuse AS
SELECT
  p.article_id,
  p.start_offset AS "start",
  p.end_offset AS "end",
  p.words,
  p.source_article_id,
  SUBSTR(a.text, p.start_offset + 1, p.end_offset - p.start_offset) AS passage
FROM passages p
JOIN articles a ON a.article_id = p.article_id;
