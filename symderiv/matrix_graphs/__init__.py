"""Graphs whose nodes are scalars, vectors and matrices of symbolic size."""
