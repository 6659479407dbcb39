// The geometry of a 2-D convolution over images in NHWC order.
#pragma once

typedef struct {
  int batch, in_height, in_width, in_channels;
  int out_height, out_width, out_channels;
  int filter_height, filter_width;
  int stride_height, stride_width, dilation_height, dilation_width;
  int pad_top, pad_left;
} Conv2D;
