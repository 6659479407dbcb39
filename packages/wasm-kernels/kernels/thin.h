// Products with a short side. See thin.c.
#pragma once
#include "gemm.h"

/// Most rows of c for `thin_dots`.
enum { THIN = 3 };

/// c[m, n] = a · b + bias, or +=, for few rows or a short k > 0; the rows of `b` are contiguous.
void thin_updates(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate);

/// The same for few rows and few columns of c, over any k.
void thin_narrow(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate);

/// c += a · b for up to three rows of c, whose elements are `row` and `column` apart; the columns of `b` are contiguous.
void thin_dots(Matrix a, Matrix b, float* c, int row, int column, int m, int n, int k);
