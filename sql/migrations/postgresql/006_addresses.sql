-- Articles by their address. A hash, since a row of any other index holds no address of some thousand characters.
CREATE INDEX articles_url ON articles USING hash (url);
