"""From columns to the source of a numeric kernel, and how it is run."""
