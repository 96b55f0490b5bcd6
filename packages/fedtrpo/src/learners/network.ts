/**
 * Perceptrons with tanh hidden layers on Float64Arrays: forward, backward, and Pearlmutter's R-operator through both ("Fast exact
 * multiplication by the Hessian", 1994). A layer is a list of blocks, each a dense map of some of its inputs to some of its
 * outputs: one block is a dense layer, one block a group of features is the paper's "grouped features".
 *
 * Parameters lie in one flat array, layer by layer, block by block: W [inputs × outputs] row-major, then b [outputs].
 */
import { allocate, type Block, gemm, gemv, type Stream, tanh, tanhBackward } from '@assay-ml/numerics';
import { integer, invalid } from '@assay-ml/numerics/check';

/** A dense map between parts of two layers. */
export interface DenseBlock {
  readonly inputs: number;
  readonly outputs: number;
  /** Of its first input and its first output in their layers. */
  readonly from: number;
  readonly to: number;
  /** Of W and b in the parameters. */
  readonly weights: number;
  readonly biases: number;
}

/** A layer; all but the last end in tanh. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly blocks: readonly DenseBlock[];
}

/** What a network is: plain data. */
export interface Network {
  readonly inputs: number;
  readonly outputs: number;
  readonly layers: readonly Layer[];
  /** Which inputs the first layer sees, in its order: those of several groups more than once. Null: all, once. */
  readonly gather: Uint32Array | null;
  /** Number of parameters. */
  readonly size: number;
}

/** Groups of features with a small network of two layers each in place of the first layer. */
export interface Grouping {
  /** Indices of each group's features. */
  readonly groups: readonly (readonly number[])[];
  /** Units of each group's two layers. */
  readonly width: number;
}

/**
 * A network of `hidden` layers of tanh units and linear outputs.
 * @param grouping its groups pass two layers of their own before the first hidden layer; left out: none
 * @throws RangeError for a size below 1, an empty group, or a feature that there is not
 */
export function mlp(inputs: number, hidden: readonly number[], outputs: number, grouping?: Grouping): Network {
  for (const [name, size] of [['inputs', inputs], ['outputs', outputs], ...hidden.map((units, l) => [`hidden[${l}]`, units] as const)] as const) integer('mlp', name, size, 1); // prettier-ignore
  let at = 0;
  const block = (from: number, count: number, to: number, units: number): DenseBlock => {
    const made = { inputs: count, outputs: units, from, to, weights: at, biases: at + count * units };
    at += (count + 1) * units;
    return made;
  };
  const layers: Layer[] = [];
  let width = inputs;
  if (grouping !== undefined) {
    const { groups } = grouping;
    const units = integer('mlp', 'grouping.width', grouping.width, 1);
    groups.forEach((group, g) => {
      const wrong = group.find((feature) => !(Number.isSafeInteger(feature) && feature >= 0 && feature < inputs));
      if (group.length === 0 || wrong !== undefined) throw invalid('mlp', `grouping.groups[${g}]`, wrong ?? group, `features from 0 to ${inputs - 1}, at least one`); // prettier-ignore
    });
    const starts = groups.map((_, g) => groups.slice(0, g).reduce((sum, { length }) => sum + length, 0));
    width = groups.length * units;
    layers.push({
      inputs: starts.at(-1)! + groups.at(-1)!.length,
      outputs: width,
      blocks: groups.map(({ length }, g) => block(starts[g]!, length, g * units, units)),
    });
    layers.push({ inputs: width, outputs: width, blocks: groups.map((_, g) => block(g * units, units, g * units, units)) }); // prettier-ignore
  }
  for (const units of [...hidden, outputs]) {
    layers.push({ inputs: width, outputs: units, blocks: [block(0, width, 0, units)] });
    width = units;
  }
  return { inputs, outputs, layers, gather: grouping === undefined ? null : Uint32Array.from(grouping.groups.flat()), size: at }; // prettier-ignore
}

/** Parameters of the last layer and what lies behind it begin here. */
export const headOf = (network: Network): number => network.layers.at(-1)!.blocks[0]!.weights;

/**
 * Draws parameters: weights and biases uniform within 1/√inputs, as torch's linear layers are; those of the last layer `last`
 * times as large with biases 0, as in the predecessor's code.
 * @param out at least the network's parameters, the rest is left alone
 */
export function initialise(network: Network, draw: Stream, out: Float64Array, last = 0.1): Float64Array {
  draw.fillUniform(out.subarray(0, network.size));
  network.layers.forEach((layer, l) => {
    const isLast = l + 1 === network.layers.length;
    for (const { inputs, outputs, weights, biases } of layer.blocks) {
      const bound = (isLast ? last : 1) / Math.sqrt(inputs);
      for (let i = weights; i < biases; i++) out[i] = bound * (2 * out[i]! - 1);
      for (let i = biases; i < biases + outputs; i++) out[i] = isLast ? 0 : bound * (2 * out[i]! - 1);
    }
  });
  return out;
}

/**
 * What passes over so many rows keep: of each layer its inputs, and of the last its outputs, with what belongs to them. Arrays lie in
 * kernel memory: read them again after anything else was allocated there.
 */
export interface Tape {
  readonly rows: number;
  /** [rows × units] by layer; the first is the gathered input. */
  readonly values: readonly Float64Array[];
  /** Directional derivatives of the values. */
  readonly tangents: readonly Float64Array[];
  /** Gradients of the values, and their directional derivatives. */
  readonly deltas: readonly Float64Array[];
  readonly deltaTangents: readonly Float64Array[];
  /** [rows] 1, and room for a number a unit of the widest layer: a sum over rows is a product with ones. */
  readonly ones: Float64Array;
  readonly sums: Float64Array;
}

/** Room for passes over `rows` rows. */
export function tapeFor(network: Network, rows: number): Tape {
  const units = [network.layers[0]!.inputs, ...network.layers.map(({ outputs }) => outputs)];
  const each = (): readonly Block[] => units.map((count) => allocate(rows * count));
  const [values, tangents, deltas, deltaTangents] = [each(), each(), each(), each()];
  const [ones, sums] = [allocate(rows), allocate(Math.max(...units))];
  ones.array.fill(1);
  const live = (blocks: readonly Block[]) => blocks.map(({ array }) => array);
  return {
    rows,
    get values() {
      return live(values);
    },
    get tangents() {
      return live(tangents);
    },
    get deltas() {
      return live(deltas);
    },
    get deltaTangents() {
      return live(deltaTangents);
    },
    get ones() {
      return ones.array;
    },
    get sums() {
      return sums.array;
    },
  };
}

/** Adds a block's product of x with the weights of `theta`, and their biases where `biased`, to out. */
function multiply(layer: Layer, rows: number, x: Float64Array, theta: Float64Array, out: Float64Array): void {
  for (const { inputs, outputs, from, to, weights } of layer.blocks) {
    const how = { lda: layer.inputs, ldc: layer.outputs, beta: 1 };
    gemm(rows, outputs, inputs, x.subarray(from), theta.subarray(weights, weights + inputs * outputs), out.subarray(to), how); // prettier-ignore
  }
}

/** out = the biases, in each row: copies of the first, twice as many each time. */
function spread(layer: Layer, rows: number, theta: Float64Array, out: Float64Array): void {
  for (const { outputs, to, biases } of layer.blocks)
    for (let j = 0; j < outputs; j++) out[to + j] = theta[biases + j]!;
  const end = rows * layer.outputs;
  for (let done = layer.outputs; done < end; done *= 2) out.copyWithin(done, 0, Math.min(done, end - done));
}

/** out = δ Wᵀ. */
function pull(
  layer: Layer,
  rows: number,
  delta: Float64Array,
  theta: Float64Array,
  out: Float64Array,
  beta: 0 | 1,
): void {
  for (const { inputs, outputs, from, to, weights } of layer.blocks) {
    const how = { transposeB: true, lda: layer.outputs, ldc: layer.inputs, beta };
    gemm(rows, inputs, outputs, delta.subarray(to), theta.subarray(weights, weights + inputs * outputs), out.subarray(from), how); // prettier-ignore
  }
}

/** Gradient of the weights, xᵀ δ; added where beta is 1. */
function weightGradient(
  layer: Layer,
  rows: number,
  x: Float64Array,
  delta: Float64Array,
  out: Float64Array,
  beta: 0 | 1,
): void {
  // prettier-ignore
  for (const { inputs, outputs, from, to, weights, biases } of layer.blocks) {
    const how = { transposeA: true, lda: layer.inputs, ldb: layer.outputs, beta };
    gemm(inputs, outputs, rows, x.subarray(from), delta.subarray(to), out.subarray(weights, biases), how);
  }
}

const TRANSPOSED = { transpose: true };

/** Gradient of the biases: the sum of δ's rows. */
function biasGradient({ blocks }: Layer, { ones, sums }: Tape, delta: Float64Array, out: Float64Array): void {
  const all = sums.subarray(0, delta.length / ones.length);
  gemv(delta, ones, all, TRANSPOSED);
  for (const { outputs, to, biases } of blocks) for (let j = 0; j < outputs; j++) out[biases + j] = all[to + j]!;
}

/**
 * The outputs [rows × outputs], which lie on the tape.
 * @param theta at least the network's parameters
 * @param x [rows × inputs]
 */
export function forward(network: Network, theta: Float64Array, x: Float64Array, tape: Tape): Float64Array {
  const { rows, values } = tape;
  const { gather: order, layers, inputs } = network;
  if (order === null) values[0]!.set(x);
  else {
    const first = values[0]!;
    for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < order.length; j++) first[at++] = x[i * inputs + order[j]!]!; // prettier-ignore
  }
  layers.forEach((layer, l) => {
    const out = values[l + 1]!;
    spread(layer, rows, theta, out);
    multiply(layer, rows, values[l]!, theta, out);
    if (l + 1 < layers.length) tanh(out, out);
  });
  return values.at(-1)!;
}

/**
 * The derivative of the outputs in the direction v of the parameters, after `forward` with the same parameters.
 * @returns [rows × outputs], which lies on the tape
 */
export function tangent(network: Network, theta: Float64Array, v: Float64Array, tape: Tape): Float64Array {
  const { rows, values, tangents } = tape;
  network.layers.forEach((layer, l) => {
    const out = tangents[l + 1]!;
    spread(layer, rows, v, out);
    multiply(layer, rows, values[l]!, v, out);
    // The inputs have no tangent.
    if (l > 0) multiply(layer, rows, tangents[l]!, theta, out);
    if (l + 1 < network.layers.length) tanhBackward(values[l + 1]!, out);
  });
  return tangents.at(-1)!;
}

/**
 * The gradient of Σ delta · outputs over the parameters, after `forward` with the same parameters.
 * @param delta [rows × outputs]
 * @param gradient overwritten on the network's parameters
 */
export function backward(
  network: Network,
  theta: Float64Array,
  delta: Float64Array,
  tape: Tape,
  gradient: Float64Array,
): Float64Array {
  // prettier-ignore
  const { rows, values, deltas } = tape;
  let above = delta;
  for (let l = network.layers.length - 1; l >= 0; l--) {
    const layer = network.layers[l]!;
    weightGradient(layer, rows, values[l]!, above, gradient, 0);
    biasGradient(layer, tape, above, gradient);
    if (l === 0) break;
    pull(layer, rows, above, theta, deltas[l]!, 0);
    tanhBackward(values[l]!, deltas[l]!);
    above = deltas[l]!;
  }
  return gradient;
}

/**
 * The derivative of that gradient in the direction v of the parameters, after `forward` and `tangent` with the same arguments:
 * a product with a Hessian where `deltaTangent` is the derivative of delta in that direction.
 * @param out overwritten on the network's parameters
 */
export function backwardTangent(
  network: Network,
  theta: Float64Array,
  v: Float64Array,
  delta: Float64Array,
  deltaTangent: Float64Array,
  tape: Tape,
  out: Float64Array,
): Float64Array {
  const { rows, values, tangents, deltas, deltaTangents } = tape;
  let [above, aboveTangent] = [delta, deltaTangent];
  for (let l = network.layers.length - 1; l >= 0; l--) {
    const layer = network.layers[l]!;
    weightGradient(layer, rows, values[l]!, aboveTangent, out, 0);
    biasGradient(layer, tape, aboveTangent, out);
    if (l === 0) break; // inputs have no tangent
    weightGradient(layer, rows, tangents[l]!, above, out, 1);
    const [below, belowTangent] = [deltas[l]!, deltaTangents[l]!];
    pull(layer, rows, above, theta, below, 0);
    pull(layer, rows, aboveTangent, theta, belowTangent, 0);
    pull(layer, rows, above, v, belowTangent, 1);
    const [h, r] = [values[l]!, tangents[l]!];
    for (let i = 0; i < below.length; i++) {
      const slope = 1 - h[i]! * h[i]!;
      belowTangent[i] = belowTangent[i]! * slope - 2 * below[i]! * h[i]! * r[i]!;
      below[i]! *= slope;
    }
    [above, aboveTangent] = [below, belowTangent];
  }
  return out;
}

/** Room for passes over any number of rows, kept for the last few of them. */
export function tapesOf(network: Network): (rows: number) => Tape {
  const kept = new Map<number, Tape>();
  return (rows) => {
    const found = kept.get(rows);
    if (found !== undefined) return found;
    if (kept.size === TAPES) kept.clear();
    const made = tapeFor(network, rows);
    kept.set(rows, made);
    return made;
  };
}

/** Sizes of batches that a training goes through: rollouts, batches, minibatches that differ by a row. */
const TAPES = 8;
