"""What a line of a derivation may do beyond one rule, and the search for the lines."""
