"""From problems to paper: formulas, numbers, fragments, rendering, typesetting."""
