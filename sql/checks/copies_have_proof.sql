-- Every copy says by what measure it is one.
SELECT article_id, story_id, canonical_article_id
FROM story_members
WHERE relation = 'copy' AND score IS NULL AND proof IS NULL;
