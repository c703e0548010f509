"""Exams: one folder each, one file per problem."""
