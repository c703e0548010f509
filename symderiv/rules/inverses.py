"""Inverses and determinants."""

from __future__ import annotations

from symderiv.rewriting import rule
from symderiv.steps.resolving import matrix_out, multiplied_out, resolved, term_by_term

M = {
    "A": "matrix(n, n), invertible", "B": "matrix(n, n), invertible", "X": "matrix(n, m)", "Y": "matrix(m, n)",
    "u": "vector(n)", "v": "vector(n)", "Q": "matrix(n, n), orthogonal", "t": "vector(n), nonzero", "b": "scalar, nonzero", "c": "scalar, nonzero", "a": "scalar, nonzero",
    "w": "vector(n), positive", "U": "matrix(n, m), orthogonal", "S": "matrix(n, n)", "z": "vector(m)", "G": "matrix(m, m)",
}

rule("inverse-of-a-product", "inv(A@B)", "inv(B)@inv(A)", "the inverse of a product, in reverse order", M)
rule("inverse-of-a-transpose", "inv(A.T)", "inv(A).T", "transpose and inverse change places", M)
rule("inverse-of-an-inverse", "inv(inv(A))", "A", "the inverse of the inverse", M)
rule("inverse-of-a-multiple", "inv(c*A)", "inv(A)/c", "a factor comes out of an inverse inverted", M)
rule("inverse-of-a-diagonal-matrix", "inv(diag(t))", "diag(1/t)", "a diagonal matrix is inverted entry by entry", M)
rule("factor-out-of-the-inverse-of-a-sum", "inv(a*eye(n) + b*S)", "inv(a/b*eye(n) + S)/b", "a factor comes out of an inverse inverted", M)
rule("inverse-of-identity-plus-rank-one", "inv(eye(n) + outer(u, v))", "eye(n) - outer(u, v)/(1 + v@u)",
     "the inverse after a change of rank one (Sherman and Morrison)", M)
rule("inverse-times-matrix", "inv(A)@A", "eye(n)", "an inverse cancels its matrix", M)
rule("matrix-times-inverse", "A@inv(A)", "eye(n)", "an inverse cancels its matrix", M)
rule("inverse-of-an-orthogonal-matrix", "inv(Q)", "Q.T", "an orthogonal matrix has its transpose as inverse", M)
rule("determinant-of-a-product", "det(A@B)", "det(A)*det(B)", "the determinant of a product", M)
rule("determinant-of-an-inverse", "det(inv(A))", "1/det(A)", "the determinant of an inverse", M)
rule("determinant-of-a-transpose", "det(A.T)", "det(A)", "a transpose has the same determinant", M)
rule("determinant-of-identity-plus-product", "det(eye(n) + X@Y)", "det(eye(m) + Y@X)", "Sylvester's determinant identity", M)
rule("determinant-of-identity-plus-rank-one", "det(eye(n) + outer(u, v))", "1 + v@u", "the matrix determinant lemma", M)
rule("determinant-lemma", "det(A + outer(u, v))", "det(A)*(1 + v@inv(A)@u)", "the matrix determinant lemma", M)
rule("general-determinant-lemma", "det(A + X@Y)", "det(A)*det(eye(m) + Y@inv(A)@X)", "the matrix determinant lemma", M)
rule("determinant-of-an-orthogonal-matrix", "det(Q)**2", "1", "an orthogonal matrix has determinant 1 or -1", M)
rule("matrix-out-of-a-determinant", "det(A + S)", "det(A)*det(eye(n) + inv(A)@S)", "take a matrix out of the determinant of a sum",
     {**M, "S": "matrix(n, n)"}, change=matrix_out, searched=True)
rule("log-determinant-of-identity-plus-multiple", "logdet(eye(n) + X@Y/c)", "logdet(eye(m) + Y@X/c)", "Sylvester's determinant identity", M)
rule("determinant-of-identity-plus-multiple", "det(eye(n) + X@Y/c)", "det(eye(m) + Y@X/c)", "Sylvester's determinant identity", M)
rule("inverse-of-identity-plus-matrix", "inv(eye(n) + S)", "eye(n) - inv(eye(n) + S)@S", "the inverse times (I + S) is the identity", M)
rule("push-through-with-a-factor", "inv(a*eye(m) + c*Y@X)@Y", "Y@inv(a*eye(n) + c*X@Y)", "push a factor through the inverse", M)
rule("trace-of-a-cycle", "tr(X@Y)", "tr(Y@X)", "a trace goes round in a circle", M)
rule("log-determinant-of-a-diagonal-matrix", "logdet(diag(w))", "sum(log(w))", "the diagonal entries multiply", M)
rule("log-determinant-of-a-product", "logdet(A@B)", "logdet(A) + logdet(B)", "the log-determinant of a product is a sum", M)
rule("log-determinant-of-an-inverse", "logdet(inv(A))", "-logdet(A)", "the log-determinant of an inverse", M)
rule("log-determinant-of-a-transpose", "logdet(A.T)", "logdet(A)", "a transpose has the same determinant", M)
rule("log-determinant-of-identity-plus-product", "logdet(eye(n) + X@Y)", "logdet(eye(m) + Y@X)",
     "Sylvester's determinant identity", M)
rule("term-beside-an-inverse", "inv(A + B)@A", "eye(n) - inv(A + B)@B", "the matrix times its inverse, without the other terms",
     {**M, "B": "matrix(n, n)"}, change=resolved, searched=True)
rule("each-term-times-each", "(A + B)@(X + Z)", "A@X + A@Z + B@X + B@Z", "each term times each", {**M, "Z": "matrix(n, m)"}, change=term_by_term)
rule("multiplied-out", "(A + B)@X", "A@X + B@X", "multiply out", M, change=multiplied_out, searched=True)
rule("push-through", "inv(c*eye(m) + Y@X)@Y", "Y@inv(c*eye(n) + X@Y)", "push a factor through the inverse", M)
rule("push-through-identity", "inv(eye(m) + Y@X)@Y", "Y@inv(eye(n) + X@Y)", "push a factor through the inverse", M)
rule("difference-of-inverses", "inv(A) - inv(B)", "inv(A)@(B - A)@inv(B)", "the difference of two inverses over both", M)
rule("orthonormal-columns", "U.T@U", "eye(m)", "the columns of U are orthonormal", M)
rule("norm-under-orthonormal-columns", "norm(U@z)", "norm(z)", "orthonormal columns keep lengths", M)
rule("trace-of-a-similar-matrix", "tr(A@S@inv(A))", "tr(S)", "a trace goes round in a circle", M)
rule("trace-of-a-matrix-between-inverses", "tr(inv(A)@S@A)", "tr(S)", "a trace goes round in a circle", M)
rule("trace-of-a-rotated-matrix", "tr(Q@S@Q.T)", "tr(S)", "a trace goes round in a circle", M)
rule("trace-of-a-matrix-rotated-back", "tr(Q.T@S@Q)", "tr(S)", "a trace goes round in a circle", M)
rule("trace-between-orthonormal-columns", "tr(U@G@U.T)", "tr(G)", "a trace goes round in a circle", M)
rule("determinant-of-a-similar-matrix", "det(A@S@inv(A))", "det(S)", "determinants multiply", M)
rule("determinant-of-a-rotated-matrix", "det(Q@S@Q.T)", "det(S)", "determinants multiply", M)
rule("log-determinant-of-a-rotated-matrix", "logdet(Q@S@Q.T)", "logdet(S)", "determinants multiply", M)
rule("log-determinant-of-an-orthogonal-matrix", "logdet(Q)", "0", "an orthogonal matrix has determinant 1 or -1", M)
rule("log-determinant-lemma", "logdet(A + outer(u, v))", "logdet(A) + log(abs(1 + v@inv(A)@u))", "the matrix determinant lemma", M)
