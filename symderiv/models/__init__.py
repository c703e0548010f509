"""The field's building blocks as plain functions over exact numbers; one file per block."""
