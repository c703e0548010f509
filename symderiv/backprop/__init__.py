"""A written backward pass: its rows, what they mean, their numbers and their certificates."""
