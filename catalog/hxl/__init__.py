"""HXL hashtags, tag patterns, and where a column's hashtag came from."""
