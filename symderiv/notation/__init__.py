"""How mathematics is written: names, LaTeX, Typst, MathML, OMML, plain text; one printer a language."""
