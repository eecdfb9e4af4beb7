-- Full-text search over titles and clean texts (FTS5). Triggers keep the index as each load changes articles; it holds no second
-- copy of the texts. The row numbers are its own, as those of `articles` may change when the file is vacuumed, and in the same order:
-- what was loaded last is found first.
CREATE TABLE article_search_rows (id INTEGER PRIMARY KEY, article_id TEXT NOT NULL UNIQUE);
CREATE VIEW article_search_source AS
SELECT r.id, a.title, a.text
FROM article_search_rows r
JOIN articles a ON a.article_id = r.article_id;
CREATE VIRTUAL TABLE article_search USING fts5(
  title, text, content = 'article_search_source', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO article_search_rows (article_id) SELECT article_id FROM articles ORDER BY rowid;
INSERT INTO article_search (article_search) VALUES ('rebuild');
CREATE TRIGGER article_search_insert AFTER INSERT ON articles
BEGIN
  INSERT INTO article_search_rows (article_id) VALUES (new.article_id);
  INSERT INTO article_search (rowid, title, text)
  SELECT id, new.title, new.text FROM article_search_rows WHERE article_id = new.article_id;
END;
CREATE TRIGGER article_search_update AFTER UPDATE OF title, text ON articles
WHEN old.title IS NOT new.title OR old.text <> new.text
BEGIN
  INSERT INTO article_search (article_search, rowid, title, text)
  SELECT 'delete', id, old.title, old.text FROM article_search_rows WHERE article_id = new.article_id;
  INSERT INTO article_search (rowid, title, text)
  SELECT id, new.title, new.text FROM article_search_rows WHERE article_id = new.article_id;
END;
