-- Take the full-text index away.
DROP TRIGGER article_search_insert;
DROP TRIGGER article_search_update;
DROP TABLE article_search;
DROP VIEW article_search_source;
DROP TABLE article_search_rows;
