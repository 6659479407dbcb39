import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { after } from "./models.ts";

/** A model of one layer of a user's own, in a model in a model. */
export function modelOf(
  call: (x: tf.Tensor, layer: tfl.layers.Layer) => tf.Tensor,
  shape: tfl.Shape = [4, 6],
): tfl.LayersModel {
  class Own extends tfl.layers.Layer {
    static className = "Own";
    override computeOutputShape(input: tfl.Shape | tfl.Shape[]): tfl.Shape {
      return input as tfl.Shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => call([inputs].flat()[0] as tf.Tensor, this));
    }
  }
  const inner = after(tfl.input({ shape }), new Own({ name: "own" }));
  inner.name = "inner";
  return after(tfl.input({ shape }), inner);
}

/** What looks as if it could not be carried. */
export const CARRIED: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  "reads what it made itself": (x) => tf.mul(x, tf.scalar(3).dataSync()[0]!),
  "makes random numbers for nothing": (x) => {
    tf.randomNormal(x.shape);
    return tf.neg(x);
  },
  "divides by the batch": (x) => tf.div(x, tf.scalar(x.shape[0]!)),
  "numbers the batch": (x) => tf.mul(x, tf.reshape(tf.range(0, x.shape[0]!), [-1, 1, 1])),
  "numbers the batch in JavaScript": (x) =>
    tf.add(
      x,
      tf.tensor3d(
        Array.from({ length: x.shape[0]! }, (_, i) => i),
        [x.shape[0]!, 1, 1],
      ),
    ),
  "repeats a row in JavaScript": (x) =>
    tf.add(x, tf.tensor3d(Array(x.shape[0]!).fill([[1, 2, 3, 4, 5, 6]]), [x.shape[0]!, 1, 6])),
  "turns the batch around": (x) => tf.add(tf.reverse(x, 0), tf.slice(x, [x.shape[0]! - 1, 0, 0], [1, 4, 6])),
  "puts the batch into another axis": (x) =>
    tf.reshape(tf.softmax(tf.reshape(tf.transpose(x, [1, 0, 2]), [2, 2, x.shape[0]! * 6])), x.shape),
  "makes zeros and ones of the batch's size": (x) =>
    tf.concat(
      [tf.zeros([x.shape[0]!, 2, 6]), tf.ones([x.shape[0]!, 1, 6]), tf.slice(x, [0, 0, 0], [-1, 1, 6])],
      1,
    ),
  "splits, gathers and compares": (x) => {
    const [a, b] = tf.split(x, [1, 3], 1) as [tf.Tensor, tf.Tensor];
    const picked = tf.gather(x, [3, 0, 1, 0], 1);
    const sign = tf.where(tf.greater(x, 0), picked, tf.zerosLike(x));
    return tf.add(
      tf.concat([b, a], 1),
      tf.add(sign, tf.mul(tf.cast(tf.logicalXor(tf.less(x, 0), tf.greater(picked, 0)), "float32"), 2)),
    );
  },
  "sorts, counts and encodes": (x) => {
    const { values, indices } = tf.topk(x, 6);
    const hot = tf.sum(tf.oneHot(tf.argMax(x, -1) as tf.Tensor1D, 6), 1, true);
    return tf.add(
      tf.add(values, tf.cast(indices, "float32")),
      tf.add(tf.cumsum(x, 1), tf.cast(hot, "float32")),
    );
  },
  "takes parts by strides": (x) =>
    tf.add(x, tf.tile(tf.stridedSlice(x, [0, 0, 1], [x.shape[0]!, 4, 6], [1, 2, 3]), [1, 2, 3])),
  "has an equation in large letters": (x) =>
    tf.einsum("Btd,Bsd->Bts", x, tf.concat([x, tf.slice(x, [0, 0, 0], [-1, 2, -1])], 1)) as tf.Tensor,
};

/** Pictures out of a model's `[batch, 4, 6]`. */
const pictures = (x: tf.Tensor): tf.Tensor4D => tf.reshape(x, [-1, 4, 3, 2]);
/** Several tensors as rows of one. */
const rows = (x: tf.Tensor, parts: readonly tf.Tensor[]): tf.Tensor =>
  tf.concat(
    parts.map((part) => tf.reshape(tf.cast(part, "float32"), [x.shape[0]!, -1])),
    1,
  );
const positive = (x: tf.Tensor): tf.Tensor => tf.sigmoid(x);

/** Kernels that no layer above runs, a few at a time. */
export const KERNEL_CASES: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  "functions of one number": (x) => {
    const unit = positive(x);
    const trigonometry = [
      tf.acos,
      tf.asin,
      tf.atan,
      tf.cos,
      tf.sin,
      tf.tan,
      tf.cosh,
      tf.sinh,
      tf.tanh,
      tf.asinh,
    ];
    const others = [
      tf.exp,
      tf.expm1,
      tf.log,
      tf.log1p,
      tf.sqrt,
      tf.rsqrt,
      tf.reciprocal,
      tf.erf,
      tf.softplus,
    ];
    const whole = [tf.ceil, tf.floor, tf.round, tf.sign, tf.isNaN, tf.isInf, tf.isFinite];
    return rows(x, [
      ...[...trigonometry, ...others].map((f) => f(unit)),
      ...[
        tf.acosh(tf.add(unit, 1)),
        tf.atanh(tf.mul(unit, 0.9)),
        tf.relu(x),
        tf.relu6(x),
        tf.selu(x),
        tf.elu(x),
      ],
      ...whole.map((f) => f(tf.mul(x, 3))),
      ...[tf.onesLike(x), tf.step(x, 0.2), tf.clipByValue(x, -0.5, 0.7), tf.leakyRelu(x, 0.3)],
      tf.logicalNot(tf.greater(x, 0)),
      tf.prelu(x, tf.tensor1d([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])),
    ]);
  },
  "functions of two numbers": (x) => {
    const y = tf.reverse(x, -1);
    const [a, b] = [tf.greater(x, 0), tf.less(y, 0.3)];
    const whole = [x, y].map((of) => tf.add(tf.cast(tf.mul(of, 4), "int32"), tf.scalar(9, "int32")));
    return rows(x, [
      ...[tf.pow(positive(x), y), tf.atan2(x, y), tf.mod(x, positive(y)), tf.squaredDifference(x, y)],
      ...[tf.maximum(x, y), tf.minimum(x, y), tf.addN([x, y, x]), tf.floorDiv(whole[0]!, whole[1]!)],
      ...[tf.equal(x, x), tf.notEqual(x, y), tf.greaterEqual(x, y), tf.lessEqual(x, y), tf.less(x, y)],
      ...[tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalXor(a, b)],
    ]);
  },
  reductions: (x) =>
    rows(x, [
      ...[
        tf.prod(x, 1),
        tf.min(x, -1, true),
        tf.max(x, [1, 2]),
        tf.mean(tf.cast(x, "int32"), 2),
        tf.argMin(x, 1),
      ],
      ...[tf.all(tf.greater(x, -1), 1), tf.any(tf.greater(x, 1), [1, 2], true), tf.cumprod(x, 1, true, true)],
      ...[tf.cumsum(x, 2, false, true), tf.logSoftmax(x), tf.logSumExp(x, 1)],
      tf.denseBincount(
        tf.cast(tf.mul(positive(tf.reshape(x, [-1, 24])), 5), "int32") as tf.Tensor2D,
        tf.tensor2d([], [0, 0]),
        5,
      ),
    ]),
  "shapes of pictures": (x) => {
    const image = pictures(x);
    const turned = tf.spaceToBatchND(
      tf.pad(
        image,
        [
          [0, 0],
          [0, 0],
          [1, 0],
          [0, 0],
        ],
        0.5,
      ),
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    );
    return rows(x, [
      tf.mirrorPad(
        image,
        [
          [0, 0],
          [1, 1],
          [2, 1],
          [0, 0],
        ],
        "reflect",
      ),
      tf.mirrorPad(
        image,
        [
          [0, 0],
          [1, 0],
          [0, 1],
          [0, 0],
        ],
        "symmetric",
      ),
      tf.batchToSpaceND(
        turned,
        [2, 2],
        [
          [0, 0],
          [0, 0],
        ],
      ),
      tf.depthToSpace(tf.concat([image, image], 3) as tf.Tensor4D, 2),
      ...[
        tf.image.flipLeftRight(image),
        tf.reverse(image, [1, 3]),
        tf.squeeze(tf.slice(image, [0, 1, 0, 0], [-1, 1, -1, -1]), [1]),
      ],
      tf.image.resizeBilinear(image, [7, 5], true),
      tf.image.resizeBilinear(image, [3, 5], false, true),
      tf.image.resizeNearestNeighbor(image, [7, 5]),
    ]);
  },
  "places in tensors": (x) => {
    const flat = tf.reshape(x, [-1, 6]);
    const wide = tf.transpose(x, [1, 2, 0]);
    const at = tf.tensor2d(
      [
        [0, 1],
        [3, 5],
      ],
      [2, 2],
      "int32",
    );
    const spread = tf.scatterND(
      tf.tensor2d([[1], [3]], [2, 1], "int32"),
      tf.slice(wide, [0, 0, 0], [2, -1, -1]),
      [5, 6, x.shape[0]!],
    );
    const places = tf.range(0, x.shape[0]!, 1, "int32");
    return rows(x, [
      tf.transpose(tf.gatherND(wide, at)),
      tf.transpose(spread, [2, 0, 1]),
      tf.transpose(
        tf.tensorScatterUpdate(
          wide,
          tf.tensor2d([[2]], [1, 1], "int32"),
          tf.slice(wide, [0, 0, 0], [1, -1, -1]),
        ),
      ),
      tf.gather(flat, places),
      tf.gather(x, tf.cast(tf.argMax(x, 1), "int32"), 1, 1),
      tf.oneHot(tf.argMax(x, 2) as tf.Tensor2D, 6, 5, -1),
      tf.add(x, tf.linspace(0, 1, 6)),
      ...tf.unstack(x, 1),
    ]);
  },
  "windows of pictures": (x) => {
    const image = pictures(x);
    const noise = (shape: number[]) => tf.sin(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape));
    const [filter, bias] = [noise([2, 2, 2, 3]) as tf.Tensor4D, noise([3]) as tf.Tensor1D];
    const fused = { x: image, filter, strides: 1, pad: "same", bias } as const;
    const deep = noise([2, 2, 2, 2]) as tf.Tensor4D;
    return rows(x, [
      tf.conv2d(image, filter, 1, [
        [0, 0],
        [1, 0],
        [2, 1],
        [0, 0],
      ]),
      tf.conv2d(image, filter, 2, 1),
      tf.fused.conv2d({ ...fused, activation: "leakyrelu", leakyreluAlpha: 0.3 }),
      tf.fused.conv2d({ ...fused, activation: "sigmoid" }),
      tf.fused.conv2d({ ...fused, activation: "prelu", preluActivationWeights: tf.fill([1, 1, 3], 0.2) }),
      tf.fused.depthwiseConv2d({
        ...fused,
        filter: deep,
        bias: noise([4]) as tf.Tensor1D,
        activation: "relu6",
      }),
      tf.depthwiseConv2d(image, deep, 1, "valid", "NHWC", [2, 1]),
      tf.conv2dTranspose(image, noise([2, 2, 3, 2]) as tf.Tensor4D, [x.shape[0]!, 8, 6, 3], 2, "same"),
      tf.dilation2d(image, noise([2, 2, 2]) as tf.Tensor3D, 1, "same"),
      ...[
        tf.localResponseNormalization(image, 1, 1, 0.5, 0.7),
        tf.maxPool(image, 2, 1, "same"),
        tf.avgPool(image, 2, 1, 0),
      ],
    ]);
  },
  "products of matrices": (x) => {
    const noise = (shape: number[]) => tf.cos(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape));
    const flat = tf.reshape(x, [-1, 6]) as tf.Tensor2D;
    const [matrix, bias] = [noise([6, 5]) as tf.Tensor2D, noise([5]) as tf.Tensor1D];
    return rows(x, [
      tf.matMul(x, x, false, true),
      tf.matMul(x, noise([1, 6, 3])),
      tf.matMul(flat, noise([5, 6]) as tf.Tensor2D, false, true),
      tf.fused.matMul({ a: flat, b: matrix, bias, activation: "relu" }),
      tf.fused.matMul({ a: flat, b: matrix, activation: "relu6" }),
      tf.fused.matMul({ a: flat, b: matrix, bias, activation: "prelu", preluActivationWeights: noise([5]) }),
    ]);
  },
  "fused products of several or transposed matrices": (x) => {
    const noise = (shape: number[]) => tf.cos(tf.reshape(tf.range(0, tf.util.sizeFromShape(shape)), shape));
    const flat = tf.reshape(x, [-1, 6]) as tf.Tensor2D;
    const [matrix, bias] = [noise([6, 5]) as tf.Tensor2D, noise([5]) as tf.Tensor1D];
    return rows(x, [
      tf.fused.matMul({ a: flat, b: tf.transpose(matrix), transposeB: true, bias, activation: "elu" }),
      tf.fused.matMul({
        a: x as never,
        b: x as never,
        transposeA: true,
        bias: noise([6]) as tf.Tensor1D,
        activation: "leakyrelu",
        leakyreluAlpha: 0.1,
      }),
    ]);
  },
};
