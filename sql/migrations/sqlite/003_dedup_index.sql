-- What each night leaves behind so that later ones find copies without reading its texts: the pipeline's own, not for analysts.
CREATE TABLE dedup_index (
  kind TEXT NOT NULL,  -- sketches, ties (pairs that were compared), or far (what is seen from beyond the window)
  run_date DATE NOT NULL,  -- The night
  part INTEGER NOT NULL,  -- Number of the part, from 0
  version TEXT NOT NULL,  -- Hash of what must agree for sketches to be compared: parts of another version are not read
  documents INTEGER NOT NULL,  -- Articles it tells of
  digest TEXT NOT NULL,  -- sha256 of the data
  data BLOB NOT NULL,  -- Arrays as an Arrow stream
  PRIMARY KEY (kind, run_date, part)
);
