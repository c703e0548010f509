"""Lists of independent tasks: over processes, under limits, resumable, with a progress line."""
