"""Products, transposes, traces, norms and diagonal matrices."""

from __future__ import annotations

from symderiv.rewriting import rule

M = {
    "A": "matrix(n, m)", "B": "matrix(m, k)", "C": "matrix(n, m)", "S": "matrix(n, n)", "T": "matrix(n, n)",
    "u": "vector(n)", "v": "vector(m)", "x": "vector(n)", "c": "scalar", "r": "vector(n)", "D": "matrix(m, n)", "y": "vector(m)",
    "Q": "matrix(n, n), orthogonal", "F": "matrix(m, n)",
}

rule("squared-norm-as-inner-product", "norm(u)**2", "u@u", "a squared norm is an inner product with itself", M)
rule("norm-as-a-root", "norm(u)", "sqrt(u@u)", "the definition of the norm", M)
rule("squared-norm-as-sum", "norm(u)**2", "sum(u**2)", "a squared norm is a sum of squares", M)
rule("sum-over-columns-first", "sum(A*v)", "sum(A, 0)@v", "equal factors in a column come out of its sum", M)
rule("squared-norm-as-trace", "norm(A)**2", "tr(A.T@A)", "a squared Frobenius norm is a trace", M)
rule("squared-norm-of-a-matrix-as-sum", "norm(A)**2", "sum(A**2)", "a squared norm is a sum of squares", M)
rule("diagonal-matrix-from-the-left", "diag(u)@A", "col(u)*A", "a diagonal matrix scales the rows", M)
rule("diagonal-matrix-from-the-right", "A@diag(v)", "A*v", "a diagonal matrix scales the columns", M)
rule("diagonal-matrix-times-vector", "diag(u)@x", "u*x", "a diagonal matrix acts entry by entry", M)
rule("diagonal-matrices-on-both-sides", "diag(u)@A@diag(v)", "outer(u, v)*A", "scale the rows and the columns", M)
rule("diagonal-of-a-product", "diagonal(A@D)", "sum(A*D.T, 1)", "the diagonal of a product: row times column", M)
rule("diagonal-of-a-diagonal-matrix", "diagonal(diag(u))", "u", "the diagonal of a diagonal matrix", M)
rule("trace-of-a-diagonal-matrix", "tr(diag(u))", "sum(u)", "the trace adds up the diagonal", M)
rule("trace-of-an-outer-product", "tr(outer(u, x))", "u@x", "the trace of a rank-one matrix", M)
rule("trace-of-a-product-as-sum", "tr(A@D)", "sum(A*D.T)", "a trace of a product is a sum over entries", M)
rule("entries-on-the-diagonal", "S*eye(n)", "diag(diagonal(S))", "the identity keeps the diagonal", M)
rule("row-sums", "A@ones(m)", "sum(A, 1)", "a product with ones adds up each row", M)
rule("column-sums", "ones(n)@A", "sum(A, 0)", "a product with ones adds up each column", M)
rule("sum-of-entries", "ones(n)@u", "sum(u)", "a product with ones is a sum", M)
rule("sum-of-an-outer-product", "sum(outer(u, v))", "sum(u)*sum(v)", "the sum of a rank-one matrix factors", M)
rule("sum-of-row-sums", "sum(sum(A, 1))", "sum(A)", "sums over rows, then over all", M)
rule("sum-of-column-sums", "sum(sum(A, 0))", "sum(A)", "sums over columns, then over all", M)
rule("sum-of-a-matrix-vector-product", "sum(A@v)", "sum(A, 0)@v", "adding up the rows first", M)
rule("entrywise-product-with-an-outer-product", "A*outer(u, v)", "diag(u)@A@diag(v)", "a rank-one factor scales rows and columns", M)
rule("entrywise-product-with-equal-rows", "A*outer(ones(n), v)", "A*v", "equal rows scale the columns", M)
rule("entrywise-product-with-equal-columns", "A*outer(u, ones(m))", "A*col(u)", "equal columns scale the rows", M)
rule("outer-product-times-vector", "outer(u, v)@y", "u*(v@y)", "a rank-one matrix times a vector", M)
rule("norm-under-an-orthogonal-map", "norm(Q@u)", "norm(u)", "an orthogonal map keeps lengths", M)
rule("orthogonal-columns", "Q.T@Q", "eye(n)", "the columns of Q are orthonormal", M)
rule("orthogonal-rows", "Q@Q.T", "eye(n)", "the rows of Q are orthonormal", M)
rule("sum-of-a-transpose", "sum(A.T)", "sum(A)", "a transpose has the same entries", M)
rule("norm-of-a-transpose", "norm(A.T)", "norm(A)", "a transpose has the same entries", M)
rule("norm-of-an-outer-product", "norm(outer(u, v))", "norm(u)*norm(v)", "the norm of a rank-one matrix factors", M)
rule("rank-one-matrices-around-a-matrix", "outer(x, u)@S@outer(r, y)", "(u@S@r)*outer(x, y)", "the bilinear form in the middle", M)
rule("product-of-rank-one-matrices", "outer(x, u)@outer(r, v)", "(u@r)*outer(x, v)", "the inner product of the two in the middle", M)
rule("entrywise-product-of-rank-one-matrices", "outer(u, v)*outer(x, y)", "outer(u*x, v*y)", "factors of rows and of columns multiply", M)
rule("bilinear-form-of-an-entrywise-product", "x@(A*C)@v", "tr(diag(x)@A@diag(v)@C.T)", "a sum over all entries as a trace", M)
rule("product-of-diagonal-matrices", "diag(u)@diag(x)", "diag(u*x)", "diagonal matrices multiply entry by entry", M)
rule("outer-product-with-a-scaled-vector", "outer(u, v*y)", "outer(u, v)*y", "factors of the second vector scale the columns", M)
rule("diagonal-of-a-sum", "diagonal(S + T)", "diagonal(S) + diagonal(T)", "diagonals add", M)
rule("trace-of-a-gram-matrix", "tr(A.T@A)", "sum(A**2)", "the diagonal of a Gram matrix holds sums of squares", M)
rule("trace-of-a-gram-matrix-of-rows", "tr(A@A.T)", "sum(A**2)", "the diagonal of a Gram matrix holds sums of squares", M)
rule("sum-of-a-gram-matrix", "sum(A@A.T)", "norm(sum(A, 0))**2", "all inner products of rows: the square of the sum of the rows", M)
rule("sum-of-squared-differences", "sum((col(u) - v)**2)", "m*sum(u**2) + n*sum(v**2) - 2*sum(u)*sum(v)",
     "multiply out: each square is counted once for every partner, the mixed terms factor", M)
rule("diagonal-around-a-diagonal-matrix", "diagonal(A@diag(v)@D)", "(A*D.T)@v", "the diagonal of a product: row times column, scaled in between", M)
