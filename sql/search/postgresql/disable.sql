-- Take the full-text index away.
DROP INDEX articles_search;
DROP FUNCTION article_words(TEXT, TEXT);
