-- Articles by their address.
CREATE INDEX articles_url ON articles (url);
