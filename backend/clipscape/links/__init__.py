"""Short links: documents stored under a hash of their content, never changed, acknowledged when on disk."""
