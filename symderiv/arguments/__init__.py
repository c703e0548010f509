"""Claims that are no equalities: signs, the course of a function, minimisers and changes of variables."""
