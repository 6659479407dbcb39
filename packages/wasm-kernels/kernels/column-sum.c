// Sums and means over all but the last axes, as the gradient of a bias needs them.
#include "columns.h"

/// x [outer, rows, columns] → y [outer, columns] = Σ over rows / divisor.
void EXPORT(column_sum)(const float* x, float* y, int outer, int rows, int columns, float divisor) {
  clear(y, outer * columns);
  for (int o = 0; o < outer; o++) add_columns(x + o * rows * columns, y + o * columns, rows, columns);
  if (divisor == 1.0f) return;
  for (int i = 0; i < outer * columns; i++) y[i] /= divisor;
}
