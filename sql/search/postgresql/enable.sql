-- Full-text search over titles and clean texts. The index follows every load by itself. Words are taken as they stand ('simple'):
-- the warehouse holds many languages. A text counts with its first 200,000 characters, because a tsvector ends at 1 MB.
CREATE FUNCTION article_words(title TEXT, body TEXT) RETURNS tsvector
IMMUTABLE PARALLEL SAFE LANGUAGE sql
RETURN to_tsvector('simple'::regconfig, LEFT(COALESCE(title, '') || ' ' || body, 200000));
CREATE INDEX articles_search ON articles USING gin (article_words(title, text));
