-- Every text that an article has had; an article that never changed has no row.
--   article_id  Article
--   version_no  1, 2, … in the order they were loaded; a back-filled older text comes late
--   seen_at  When this text was fetched
--   run_id  Run that brought it
--   raw_ref  Where the page is archived: file#offset+length
--   title  Headline of this version
--   text  Clean text of this version
--   extractor  Version of the extractor and rules that made the text
CREATE VIEW article_texts AS
SELECT article_id, version_no, seen_at, run_id, raw_ref, title, text, extractor
FROM article_versions;
