-- What each night leaves behind so that later ones find copies without reading its texts.

CREATE TABLE dedup_index (
  kind TEXT NOT NULL,
  run_date DATE NOT NULL,
  part INTEGER NOT NULL,
  version TEXT NOT NULL,
  documents INTEGER NOT NULL,
  digest TEXT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (kind, run_date, part)
);
-- Hashes cannot be compressed: without this the server would try each time.
ALTER TABLE dedup_index ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE dedup_index IS 'What each night leaves behind so that later ones find copies without reading its texts: the pipeline''s own, not for analysts';
COMMENT ON COLUMN dedup_index.kind IS 'sketches, ties (pairs that were compared), or far (what is seen from beyond the window)';
COMMENT ON COLUMN dedup_index.run_date IS 'The night';
COMMENT ON COLUMN dedup_index.part IS 'Number of the part, from 0';
COMMENT ON COLUMN dedup_index.version IS 'Hash of what must agree for sketches to be compared: parts of another version are not read';
COMMENT ON COLUMN dedup_index.documents IS 'Articles it tells of';
COMMENT ON COLUMN dedup_index.digest IS 'sha256 of the data';
COMMENT ON COLUMN dedup_index.data IS 'Arrays as an Arrow stream';
