// Cuts images into square patches, row by row; inside a patch the order is height, width, channel.
#include "common.h"

void EXPORT(patch_extract)(const float* x, float* y, int batch, int height, int width, int channels, int patch) {
  int run = patch * channels;
  for (int b = 0; b < batch; b++) {
    for (int top = 0; top < height; top += patch) {
      for (int left = 0; left < width; left += patch) {
        for (int row = 0; row < patch; row++, y += run) {
          const float* from = x + ((b * height + top + row) * width + left) * channels;
          __builtin_memcpy(y, from, (unsigned)run * sizeof(float));
        }
      }
    }
  }
}
