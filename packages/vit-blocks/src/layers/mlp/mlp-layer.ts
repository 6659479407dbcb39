import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Checks, COUNT, optional, RATE } from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "stochastic-depth";
import { type Distribution, glorotUniform } from "../../initializer.ts";
import { ACTIVATION, ACTIVATIONS, type Activation } from "../../ops/activations/activation.ts";
import { dropout } from "../../ops/dropout.ts";
import { linear } from "../../ops/linear.ts";
import { SEEDED_OPTIONS, type SeededArgs, SeededLayer, singleShape, TIMM_NORMAL, ZEROS } from "../base.ts";

/** Config that the kinds of MLP share. */
export interface MlpArgs extends SeededArgs {
  /** Hidden dimension. */
  hiddenDim: number;
  /** Dropout rate after each product, in [0, 1). Default 0. */
  dropRate?: number;
  /** Activation. Default `"gelu"`; of gated MLPs `"silu"`. */
  actLayer?: Activation;
  /** Whether the products add biases. Default true. */
  bias?: boolean;
}

/** Checks of {@link MlpArgs}. */
const MLP_OPTIONS: Checks<MlpArgs> = {
  ...SEEDED_OPTIONS,
  hiddenDim: COUNT,
  dropRate: optional(RATE),
  actLayer: optional(ACTIVATION),
  bias: optional(BOOLEAN),
};

/** How the weights of a dense layer start: the kernel's distribution and the bias's. */
interface DenseInit {
  readonly kernel?: Distribution | ((index: number) => Distribution);
  readonly bias?: Distribution | ((index: number) => Distribution);
}

/** What the kinds of MLP share: dense layers by name, the activation, and dropout after each product. */
export abstract class MlpLayer extends SeededLayer<MlpArgs> {
  readonly hiddenDim: number;
  readonly dropRate: number;
  readonly actLayer: Activation;
  readonly bias: boolean;
  private draws = 0;

  constructor(caller: string, args: MlpArgs, actLayer: Activation) {
    super(caller, args, MLP_OPTIONS);
    this.hiddenDim = args.hiddenDim;
    this.dropRate = args.dropRate ?? 0;
    this.actLayer = args.actLayer ?? actLayer;
    this.bias = args.bias ?? true;
  }

  /** Creates a layer from a saved config, in which tfjs has turned `gelu_tanh` into `geluTanh`. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { actLayer } = config;
    if (typeof actLayer !== "string") return new cls(config);
    return new cls({
      ...config,
      actLayer: actLayer.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    });
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { hiddenDim, dropRate, actLayer, bias } = this;
    return { ...super.getConfig(), hiddenDim, dropRate, actLayer, bias };
  }

  /** Adds `<name>.kernel` `[from, to]`, and `<name>.bias` if the layer has biases. */
  protected addDense(name: string, [from, to]: readonly [number, number], init: DenseInit = {}): void {
    const shape = [from, to];
    const first = init.kernel ?? (this.init === "timm" ? TIMM_NORMAL : glorotUniform(shape));
    this.addSeeded(`${name}.kernel`, shape, first);
    if (this.bias) this.addSeeded(`${name}.bias`, [to], init.bias ?? ZEROS);
  }

  protected dense(x: tf.Tensor, name: string): tf.Tensor {
    return linear(x, this.weight(`${name}.kernel`), this.bias ? this.weight(`${name}.bias`) : undefined);
  }

  protected act(x: tf.Tensor): tf.Tensor {
    return ACTIVATIONS[this.actLayer](x);
  }

  /** Dropout of one call. */
  protected dropper(
    batch: number,
    kwargs: Record<string, unknown> | undefined,
  ): (x: tf.Tensor, place: string) => tf.Tensor {
    const rate = this.dropRate;
    if (rate === 0 || kwargs?.training !== true) return (x) => x;
    const sampleKeys = rowKeys({ kwargs, batch, seed: this.seed, call: this.draws++ });
    return (x, place) =>
      dropout(x, { rate, training: true, sampleKeys, site: siteOf(`${this.name}.${place}`) });
  }
}
