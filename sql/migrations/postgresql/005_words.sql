-- Words are no longer told by white space alone: of scripts without spaces each letter counts, as it does in a passage.
COMMENT ON COLUMN articles.word_count IS 'Words of the clean text';
