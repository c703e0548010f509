"""The second route: numbers of several kinds, instances of declarations, outcomes of random symbols."""
