"""Matrix notation as trees: small constructors, products, patterns, pullbacks, and putting in order."""
