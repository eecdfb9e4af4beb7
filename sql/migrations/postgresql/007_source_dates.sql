-- A date may be that of the source.
COMMENT ON COLUMN articles.published_basis IS 'Where the date was read: jsonld, meta, time, url, text; source: the page tells none, its feed, sitemap or record does';
