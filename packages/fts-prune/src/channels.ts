/**
 * Which channels of which tensors belong together: what has to go in one piece when a filter goes.
 *
 * As for `taps.ts`, nothing is asked of the model. One example runs through it, and each kernel that the engine runs is
 * noted: a product with a parameter starts a new group of channels, along the last axis; what works on each channel alone
 * (bias, normalisation, activation, pooling, flattening) hands the group on; sums of two tensors join their groups. Any
 * other operation pins the groups it touches: nothing of them can go.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

import type { Model, Values } from './model.js';
import { type Attributes, type Inputs, watch } from './watch.js';

/** A product of the model with one of its parameters. */
export interface Product {
  /** Place of the kernel [in, out] or [height, width, in, out] among the parameters. */
  readonly kernel: number;
  /** Groups of its inputs and outputs. Where a group is smaller than the kernel's side, channels recur: i is channel i % size. */
  readonly inputs: number;
  readonly outputs: number;
  /** Place of the bias that is added to it, if there is one. */
  bias: number | null;
  /** Whether zeros are put around its input. */
  readonly padded: boolean;
  /** Its input for the one example, [rows, in]. */
  readonly sample: Float32Array;
  /** The kernel's `in`. */
  readonly width: number;
}

/** Channels of one or several tensors. */
export interface Group {
  readonly size: number;
  /** Why no channel of it can go; null if they can. */
  readonly pinned: string | null;
}

/** What one example tells of a model. */
export interface Channels {
  /** In the order of their use. Of each product `inputs` and `outputs` are places in `groups`. */
  readonly products: readonly Product[];
  readonly groups: readonly Group[];
  /** Group of each parameter and buffer of one axis; null if none. */
  readonly parameters: readonly (number | null)[];
  readonly buffers: readonly (number | null)[];
}

/** Operations on each number, or each channel, alone. */
const EACH = new Set<string>([
  tf.Identity, tf.Cast, tf.Relu, tf.Relu6, tf.Elu, tf.Selu, tf.LeakyRelu, tf.Sigmoid, tf.Tanh, tf.Softplus, tf.Rsqrt,
  tf.Add, tf.Sub, tf.Multiply, tf.RealDiv, tf.Maximum, tf.Minimum, tf.FusedBatchNorm, tf.MaxPool, tf.AvgPool,
]); // prettier-ignore
/** Those that leave channels alone unless they work along the last axis. */
const ALONG_AXES = new Set<string>([tf.Mean, tf.Max, tf.Sum]);
const VIEWS = new Set<string>([tf.Reshape, tf.ExpandDims]);

/** A product whose input is still on the backend. */
type Running = Omit<Product, 'sample'> & { readonly input: Tensor };

/**
 * Runs one example, of ones, through a model and follows its channels.
 * @throws RangeError for a model whose input has a side of no fixed length
 */
export async function channels(where: string, model: Model, values: Values): Promise<Channels> {
  const follower = new Follower(values);
  watch(where, model, values, {
    start: (x) => void follower.start(x, "the model's input"),
    note: (...kernel) => follower.note(...kernel),
    end: (output) => follower.end(output, "the model's output"),
  });
  return follower.result();
}

class Follower {
  /** Group of the last axis of each tensor seen, by its id. */
  readonly #groupOf = new Map<number, number>();
  /** Place of the kernel that a tensor is, by its id. */
  readonly #kernelOf = new Map<number, number>();
  /** Place of the bias that a tensor is, by its id. */
  readonly #vectorOf = new Map<number, number>();
  /** Products by the id of their output. */
  readonly #productOf = new Map<number, Running>();
  readonly #products: Running[] = [];
  readonly #parents: number[] = [];
  readonly #groups: { size: number; pinned: string | null }[] = [];
  readonly #vectors: Record<'parameters' | 'buffers', (number | null)[]>;
  /** Kernels that something but a product reads. */
  readonly #misread = new Map<number, string>();

  constructor({ parameters, buffers }: Values) {
    const vector = (tensor: Tensor) => (tensor.rank === 1 ? this.start(tensor, null) : null);
    this.#vectors = { parameters: parameters.map(vector), buffers: buffers.map(vector) };
    parameters.forEach((tensor, i) => (tensor.rank === 1 ? this.#vectorOf : this.#kernelOf).set(tensor.id, i));
  }

  /** A tensor with channels of its own. */
  start(tensor: Tensor, pinned: string | null): number {
    const group = this.#groups.push({ size: tensor.shape.at(-1) ?? 1, pinned }) - 1;
    this.#parents.push(group);
    this.#groupOf.set(tensor.id, group);
    return group;
  }

  /** The tensor's channels stay. */
  end(tensor: Tensor, why: string): void {
    const group = this.#groupOf.get(tensor.id);
    if (group !== undefined) this.#groups[this.#find(group)]!.pinned ??= why;
    const kernel = this.#kernelOf.get(tensor.id);
    if (kernel !== undefined) this.#misread.set(kernel, why);
  }

  note(name: string, inputs: Inputs, attributes: Attributes, outputs: readonly Tensor[]): void {
    const [output] = outputs as [Tensor];
    if (this.#noteProduct(name, inputs, attributes, output)) return;
    const given = Object.values(inputs).flatMap((tensor) => tensor ?? []);
    const [first] = given;
    if (first !== undefined && (VIEWS.has(name) || name === tf.Identity)) this.#noteView(first, output);
    if (this.#kernelOf.has(output.id)) return;

    const known = given.filter(({ id, size }) => size > 1 || this.#groupOf.has(id));
    if (!this.#passes(name, known, attributes, output)) {
      for (const tensor of given) this.end(tensor, `read by ${name}`);
      for (const tensor of outputs) this.start(tensor, `made by ${name}`);
      return;
    }
    const groups = known.map(({ id }) => this.#groupOf.get(id)!);
    this.#groupOf.set(output.id, groups.reduce((a, b) => this.#join(a, b))); // prettier-ignore
    if (name !== tf.Add) return;
    const product = given.map(({ id }) => this.#productOf.get(id)).find((found) => found !== undefined);
    const bias = given.map(({ id }) => this.#vectorOf.get(id)).find((found) => found !== undefined);
    if (product !== undefined && bias !== undefined) this.#addBias(product, bias);
  }

  async result(): Promise<Channels> {
    const products = await Promise.all(
      this.#products.map(async ({ input, ...product }) => {
        const sample = await input.data<'float32'>();
        input.dispose();
        return { ...product, sample, inputs: this.#find(product.inputs), outputs: this.#find(product.outputs) };
      }),
    );
    for (const { kernel, inputs, outputs } of products) {
      const why = this.#misread.get(kernel);
      if (why === undefined) continue;
      for (const group of [inputs, outputs]) this.#groups[group]!.pinned ??= `its kernel is ${why}`;
    }
    const made = new Set(products.map(({ outputs }) => outputs));
    this.#groups.forEach((group, i) => {
      if (!made.has(i)) group.pinned ??= 'no product makes it';
    });
    const place = (group: number | null) => (group === null ? null : this.#find(group));
    return {
      products,
      groups: this.#groups,
      parameters: this.#vectors.parameters.map(place),
      buffers: this.#vectors.buffers.map(place),
    };
  }

  /** The same numbers: what a tensor is, its view is. */
  #noteView(tensor: Tensor, view: Tensor): void {
    const kernel = this.#kernelOf.get(tensor.id);
    // A kernel's rows and columns are its last two sides.
    if (kernel !== undefined && [-1, -2].every((axis) => tensor.shape.at(axis) === view.shape.at(axis))) {
      this.#kernelOf.set(view.id, kernel);
    }
    const product = this.#productOf.get(tensor.id);
    if (product !== undefined) this.#productOf.set(view.id, product);
    const vector = this.#vectorOf.get(tensor.id);
    if (vector !== undefined) this.#vectorOf.set(view.id, vector);
  }

  #noteProduct(name: string, inputs: Inputs, attributes: Attributes, output: Tensor): boolean {
    const { transposeA = false, transposeB = false, dataFormat = 'NHWC', pad = 'valid' } = attributes;
    const isDense = (name === tf.BatchMatMul || name === tf._FusedMatMul) && !transposeA && !transposeB;
    const isConv = (name === tf.Conv2D || name === tf.FusedConv2D) && dataFormat === 'NHWC';
    const [x, weight] = isDense ? [inputs['a'], inputs['b']] : [inputs['x'], inputs['filter']];
    const kernel = this.#kernelOf.get(weight?.id ?? -1);
    if ((!isDense && !isConv) || x === undefined || weight === undefined || kernel === undefined) return false;
    const isMatrix = weight.size === weight.shape.at(-1)! * weight.shape.at(-2)!;
    const source = this.#groupOf.get(x.id);
    if (source === undefined || inputs['preluActivationWeights'] !== undefined || (isDense && !isMatrix)) return false;
    const outputs = this.start(output, null);
    if (this.#products.some((product) => product.kernel === kernel)) this.#misread.set(kernel, 'used twice');
    const product: Running = {
      kernel,
      inputs: source,
      outputs,
      bias: null,
      padded: isConv && pad !== 'valid' && weight.shape.slice(0, 2).some((side) => side > 1),
      input: tf.keep(tf.clone(x)),
      width: weight.shape.at(-2)!,
    };
    this.#products.push(product);
    this.#productOf.set(output.id, product);
    const { bias } = inputs;
    if (bias !== undefined) {
      this.#join(outputs, this.#groupOf.get(bias.id) ?? this.start(bias, 'its bias is no parameter'));
      this.#addBias(product, this.#vectorOf.get(bias.id) ?? null);
    }
    return true;
  }

  /** A bias takes constants for one product. */
  #addBias(product: Running, bias: number | null): void {
    const others = this.#products.filter((other) => other !== product && other.bias === bias);
    product.bias = others.length === 0 ? bias : null;
    for (const other of others) other.bias = null;
  }

  /** Whether an operation leaves each channel where it is. */
  #passes(name: string, known: readonly Tensor[], { reductionIndices, axis }: Attributes, output: Tensor): boolean {
    const groups = known.map(({ id }) => this.#groupOf.get(id));
    const [first] = known;
    if (first === undefined || groups.includes(undefined)) return false;
    const { size } = this.#groups[this.#find(groups[0]!)]!;
    if (VIEWS.has(name)) return output.shape.at(-1)! % size === 0;
    if (ALONG_AXES.has(name)) return ![reductionIndices ?? axis].flat().includes(first.rank - 1);
    if (name === tf.PadV2) return output.shape.at(-1) === first.shape.at(-1);
    return EACH.has(name) && known.every(({ shape }) => shape.at(-1) === output.shape.at(-1));
  }

  #find(group: number): number {
    const parent = this.#parents[group]!;
    return parent === group ? group : this.#find(parent);
  }

  /** One group of two. The channels of groups of unlike sizes do not match: both stay. */
  #join(a: number, b: number): number {
    const [one, other] = [this.#find(a), this.#find(b)];
    if (one === other) return one;
    const [first, second] = [this.#groups[one]!, this.#groups[other]!];
    if (first.size !== second.size) {
      first.pinned ??= `meets ${second.size} channels`;
      second.pinned ??= `meets ${first.size} channels`;
      return one;
    }
    first.pinned ??= second.pinned;
    this.#parents[other] = one;
    return one;
  }
}
