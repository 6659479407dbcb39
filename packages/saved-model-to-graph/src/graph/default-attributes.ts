/** Default of an attribute: a text, integer, number, truth or list of integers. */
export type Default =
  | { readonly s: string }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly b: boolean }
  | { readonly list: readonly number[] };

/**
 * Defaults of the attributes that tfjs' executor reads, of TensorFlow 2.21, which leaves them out of SavedModels; by
 * `fixtures/default_attributes.py`.
 */
export const DEFAULT_ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, Default>>>> = {
  All: { keep_dims: { b: false } },
  Any: { keep_dims: { b: false } },
  AvgPool: { data_format: { s: "NHWC" } },
  AvgPool3D: { data_format: { s: "NDHWC" } },
  BatchMatMul: { adj_x: { b: false }, adj_y: { b: false } },
  BatchMatMulV2: { adj_x: { b: false }, adj_y: { b: false } },
  BiasAdd: { data_format: { s: "NHWC" } },
  Conv2D: { explicit_paddings: { list: [] }, data_format: { s: "NHWC" }, dilations: { list: [1, 1, 1, 1] } },
  Conv2DBackpropInput: {
    explicit_paddings: { list: [] },
    data_format: { s: "NHWC" },
    dilations: { list: [1, 1, 1, 1] },
  },
  Conv3D: { data_format: { s: "NDHWC" }, dilations: { list: [1, 1, 1, 1, 1] } },
  CropAndResize: { method: { s: "bilinear" }, extrapolation_value: { f: 0.0 } },
  Cumprod: { exclusive: { b: false }, reverse: { b: false } },
  Cumsum: { exclusive: { b: false }, reverse: { b: false } },
  DenseBincount: { binary_output: { b: false } },
  DepthToSpace: { data_format: { s: "NHWC" } },
  DepthwiseConv2dNative: {
    explicit_paddings: { list: [] },
    data_format: { s: "NHWC" },
    dilations: { list: [1, 1, 1, 1] },
  },
  EuclideanNorm: { keep_dims: { b: false } },
  FusedBatchNorm: { epsilon: { f: 0.0001 }, data_format: { s: "NHWC" } },
  FusedBatchNormV2: { epsilon: { f: 0.0001 }, data_format: { s: "NHWC" } },
  FusedBatchNormV3: { epsilon: { f: 0.0001 }, data_format: { s: "NHWC" } },
  Gather: { validate_indices: { b: true } },
  GatherV2: { batch_dims: { i: 0 } },
  ImageProjectiveTransformV3: { fill_mode: { s: "CONSTANT" } },
  LRN: { depth_radius: { i: 5 }, bias: { f: 1.0 }, alpha: { f: 1.0 }, beta: { f: 0.5 } },
  LeakyRelu: { alpha: { f: 0.2 } },
  MatMul: { transpose_a: { b: false }, transpose_b: { b: false } },
  Max: { keep_dims: { b: false } },
  MaxPool: { explicit_paddings: { list: [] }, data_format: { s: "NHWC" } },
  MaxPool3D: { data_format: { s: "NDHWC" } },
  MaxPoolWithArgmax: { include_batch_in_index: { b: false } },
  Mean: { keep_dims: { b: false } },
  Min: { keep_dims: { b: false } },
  Multinomial: { seed: { i: 0 }, seed2: { i: 0 } },
  NonMaxSuppressionV4: { pad_to_max_output_size: { b: false } },
  OneHot: { axis: { i: -1 } },
  Pack: { axis: { i: 0 } },
  Prod: { keep_dims: { b: false } },
  RandomStandardNormal: { seed: { i: 0 }, seed2: { i: 0 } },
  RandomUniform: { seed: { i: 0 }, seed2: { i: 0 } },
  RandomUniformInt: { seed: { i: 0 }, seed2: { i: 0 } },
  ResizeBilinear: { align_corners: { b: false }, half_pixel_centers: { b: false } },
  ResizeNearestNeighbor: { align_corners: { b: false }, half_pixel_centers: { b: false } },
  SparseToDense: { validate_indices: { b: true } },
  StaticRegexReplace: { replace_global: { b: true } },
  StridedSlice: {
    begin_mask: { i: 0 },
    end_mask: { i: 0 },
    ellipsis_mask: { i: 0 },
    new_axis_mask: { i: 0 },
    shrink_axis_mask: { i: 0 },
  },
  StringSplit: { skip_empty: { b: true } },
  Sum: { keep_dims: { b: false } },
  TopKV2: { sorted: { b: true } },
  TruncatedNormal: { seed: { i: 0 }, seed2: { i: 0 } },
  Unpack: { axis: { i: 0 } },
  _FusedConv2D: {
    explicit_paddings: { list: [] },
    data_format: { s: "NHWC" },
    dilations: { list: [1, 1, 1, 1] },
    use_cudnn_on_gpu: { b: true },
    epsilon: { f: 0.0001 },
    leakyrelu_alpha: { f: 0.2 },
  },
  _FusedMatMul: {
    transpose_a: { b: false },
    transpose_b: { b: false },
    epsilon: { f: 0.0001 },
    leakyrelu_alpha: { f: 0.2 },
  },
};
