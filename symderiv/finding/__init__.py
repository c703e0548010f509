"""How ``deriving`` finds the lines between two expressions: ways to take means, and how the last gap is closed."""
