// The sum of a residual connection, with the branch's last bias, in one pass.
#include "common.h"

/// y = x + branch + bias, the bias along the columns.
void EXPORT(residual_add)(const float* x, const float* branch, const float* bias, float* y, int rows, int columns) {
  for (int r = 0; r < rows; r++, x += columns, branch += columns, y += columns) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) STORE(y + c, ADD(LOAD(x + c), ADD(LOAD(branch + c), LOAD(bias + c))));
    for (; c < columns; c++) y[c] = x[c] + (branch[c] + bias[c]);
  }
}
