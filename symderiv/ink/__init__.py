"""What a drawing consists of: outlines of formulas, paths, arrowheads, in points."""
