"""From a page to an Article: decode, parse, blocks, main content, metadata, page kind."""
