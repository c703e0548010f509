"""Building a paper: what is stale, what is computed again, what is written."""
