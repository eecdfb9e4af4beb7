-- A date may be that of the source. SQLite holds a column's comment in the text of its table alone, so nothing is done here:
-- published_basis
-- Where the date was read: jsonld, meta, time, url, text; source: the page tells none, its feed, sitemap or record does
SELECT 1;
