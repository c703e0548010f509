"""Named rules, one line each; one file per topic."""
