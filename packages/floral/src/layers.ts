/**
 * FLoRAL on a stock model of TensorFlow.js layers. Adaptors are merged into the kernels before a pass, whose gradients then give
 * those of every adaptor: one pass, whatever C. The model itself is lent: its values are exchanged for a pass and put back.
 */
import { gradients } from '@assay-ml/tensors';
import { stream } from '@assay-ml/numerics';
import { invalid, oneOf, requireOptions } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { addFactors, pullFactors } from './adaptors/factors.js';
import { addVectors, pullVectors } from './adaptors/vector.js';
import { type Layer, type LayoutOptions, layoutOf } from './layout.js';
import type { Gradients, Model, Weights } from './model.js';

/** A stock model with adaptors beside it. */
export interface LayersModel extends Model {
  /** The values that the model's layers have, [P]. */
  read(): Float64Array;
  /** Gives the model's layers a base, merged or not: then it saves, loads and predicts as any other. */
  write(base: Float64Array): void;
}

/** Kinds of layers that hold weights no adaptor fits, by what they would need. */
const REFUSED: Readonly<Record<string, string>> = {
  Conv2DTranspose: 'a transposed convolution',
  Conv3DTranspose: 'a transposed convolution',
  DepthwiseConv2D: 'a convolution in groups',
  SeparableConv2D: 'a convolution in groups',
};

const NAMES = { clusters: 1, rank: 1, rankRule: 1, convMethod: 1, adaptors: 1, plain: 1, statistics: 1 };

/** Of statistics that a backward pass computes once more. */
const NOTHING = () => undefined;

/** Options of `floral`. */
export interface FloralOptions extends LayoutOptions {
  /** Names of layers that stay without an adaptor: all of their weights are of the base. Default none. */
  readonly plain?: readonly string[];
  /**
   * Running statistics of batch norms: `fixed` as the model has them, in local steps too; or renewed by these, which then compute
   * with their batch's: `shared`, averaged as the base is, or `private`, each client's own, which no client ever sends. Default
   * 'fixed'.
   */
  readonly statistics?: 'fixed' | 'shared' | 'private';
}

/**
 * Lays adaptors beside the trainable weights of a model: dense layers, convolutions of one and two axes, embeddings and norms. Other
 * layers' weights are of the base. Passes are those of inference: dropout is off, and batch norm computes with the statistics
 * that it has unless `statistics` says otherwise.
 * @param model any model of layers with one input and one output, made or loaded; every base starts as it is
 * @returns what `train`, `route` and the rest take as a model; its numbers are float32 in a pass
 * @throws RangeError for an option out of range, for convolutions that are transposed or in groups unless they are named in
 *   `plain`, and for a model of several inputs or outputs
 * @example
 * const model = floral(tfl.sequential({ layers }), { clusters: 4 });
 * const { run, store } = train({ model, loss: 'cross-entropy' }, federation, { method: floralMethod(4), rounds: 100, training: { rate: 0.1 } });
 */
export function floral(model: tfl.LayersModel, options: FloralOptions): LayersModel {
  requireOptions<FloralOptions>('floral', options, NAMES);
  const { plain = [], statistics = 'fixed', ...rest } = options;
  oneOf('floral', 'statistics', statistics, ['fixed', 'shared', 'private']);
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw invalid('floral', 'model', `${model.inputs.length} inputs and ${model.outputs.length} outputs`, 'of one input and one output'); // prettier-ignore
  }
  const unknown = plain.find((name) => !model.layers.some((layer) => layer.name === name));
  if (unknown !== undefined) throw invalid('floral', 'plain', unknown, model.layers.map(({ name }) => `'${name}'`).join(' or ')); // prettier-ignore
  const renews = (layer: tfl.layers.Layer) => statistics !== 'fixed' && layer.getClassName() === 'BatchNormalization' && !plain.includes(layer.name); // prettier-ignore
  const normed = model.layers.filter(renews);
  const own = model.layers.filter((layer) => layer.trainableWeights.length > 0 || renews(layer));
  const variables = own.flatMap((layer) => (renews(layer) ? layer.weights : layer.trainableWeights));
  const running = variables.map((variable) => normed.some((layer) => layer.nonTrainableWeights.includes(variable)));
  const layout = layoutOf(
    own.map((layer) => layerOf(layer, plain.includes(layer.name), statistics)),
    rest,
  );
  const shapes = variables.map(({ shape }) => shape as number[]);
  const starts = new Map<tfl.LayerVariable, number>();
  variables.reduce((at, variable, i) => {
    starts.set(variable, at);
    return at + layout.base[i]!.size;
  }, 0);
  const sizes = [model.inputs[0]!, model.outputs[0]!].map(({ shape }) => shape.slice(1)) as number[][];
  const odd = sizes.flat().find((side) => !Number.isSafeInteger(side));
  if (odd !== undefined) throw invalid('floral', 'model', sizes.flat(), 'of known sizes but for the batch');
  const [inputs, outputs] = sizes.map((shape) => shape.reduce((a, b) => a * b, 1)) as [number, number];
  const wanted = model.inputs[0]!.dtype;

  /** Runs a pass with these values in place of the model's. */
  const lend = (values: readonly tf.Tensor[], pass: () => tf.Tensor): tf.Tensor => {
    const slots = variables as unknown as { val: tf.Tensor }[];
    const before = slots.map(({ val }) => val);
    try {
      slots.forEach((slot, i) => (slot.val = values[i]!));
      return pass();
    } finally {
      slots.forEach((slot, i) => (slot.val = before[i]!));
    }
  };
  /** Runs a pass in which batch norms compute with their batch's statistics; what the running ones become is told, not written. */
  const inStep = (pass: () => tf.Tensor, renewed: (variable: number, value: tf.Tensor) => void): tf.Tensor => {
    const slots = variables.filter((_, i) => running[i]) as { write(value: tf.Tensor): unknown }[];
    try {
      // Own properties before those of the classes.
      for (const layer of normed) layer.call = (inputs, kwargs) => Object.getPrototypeOf(layer).call.call(layer, inputs, { ...kwargs, training: true }); // prettier-ignore
      for (const slot of slots) slot.write = (value) => renewed(variables.indexOf(slot as tfl.LayerVariable), value);
      return pass();
    } finally {
      for (const layer of normed) Reflect.deleteProperty(layer, 'call');
      for (const slot of slots) Reflect.deleteProperty(slot, 'write');
    }
  };
  const tensorsOf = (base: Float64Array) =>
    layout.base.map(({ start, size }, i) =>
      tf.tensor(Float32Array.from(base.subarray(start, start + size)), shapes[i]!),
    );
  const merged = ({ base, adaptors, pi }: Weights): Float64Array => {
    const out = base.slice();
    if (adaptors === null || pi === null) return out;
    for (const block of layout.adaptors) {
      if (block.kind === 'vector') addVectors(block, adaptors, pi, out, block.target.start);
      else addFactors(block, adaptors, pi, out, block.target.start);
    }
    return out;
  };
  /** What a forward pass leaves behind; `step`: whether it was one of a local step. */
  type Tape = {
    readonly input: Float32Array;
    readonly count: number;
    readonly base: Float64Array;
    readonly step: boolean;
  };
  const tapes: Tape[] = [];
  const inputOf = ({ input, count }: { input: Float32Array; count: number }) => tf.tensor(input, [count, ...sizes[0]!], wanted as 'float32'); // prettier-ignore

  const taped = (tape: number, weights: Weights, x: Float64Array, rows: Uint32Array, step: boolean): Tape => {
    const input = new Float32Array(rows.length * inputs);
    rows.forEach((row, i) => input.set(x.subarray(row * inputs, (row + 1) * inputs), i * inputs));
    return (tapes[tape] = { input, count: rows.length, base: merged(weights), step });
  };
  const predicted = (
    kept: Tape,
    values: readonly tf.Tensor[],
    renewed: (variable: number, value: tf.Tensor) => void,
  ) => {
    const pass = () => lend(values, () => model.apply(inputOf(kept), { training: false }) as tf.Tensor);
    return kept.step ? inStep(pass, renewed) : pass();
  };

  return {
    layout,
    inputs,
    outputs,
    start(seed, member = 0) {
      const base = this.read();
      // Members of an ensemble must differ: all but the first are drawn anew, kernels of the same scale.
      if (member === 0) return base;
      const draw = stream(seed, 'weights').at(member);
      for (const { shape, start, size } of layout.base) {
        if (shape.length < 2) continue;
        const part = base.subarray(start, start + size);
        const scale = Math.sqrt(part.reduce((sum, w) => sum + w * w, 0) / size);
        draw.fillNormal(part);
        for (let i = 0; i < size; i++) part[i]! *= scale;
      }
      return base;
    },
    read() {
      const base = new Float64Array(layout.baseSize);
      for (const [variable, at] of starts) base.set(variable.read().dataSync(), at);
      return base;
    },
    write(base) {
      if (base.length !== layout.baseSize) throw invalid('write', 'base', base, `of length ${layout.baseSize}`, 'It is of another model.'); // prettier-ignore
      tf.tidy(() => tensorsOf(base).forEach((value, i) => variables[i]!.write(value)));
    },
    forward(tape, weights, x, rows) {
      const kept = taped(tape, weights, x, rows, false);
      return new Float64Array(tf.tidy(() => predicted(kept, tensorsOf(kept.base), NOTHING).dataSync<'float32'>()));
    },
    ...(normed.length > 0 && {
      step(tape: number, weights: Weights, x: Float64Array, rows: Uint32Array) {
        if (rows.length < 2) throw invalid('floral', 'batch', rows.length, 'of at least 2 examples', `Batch norm ('${normed[0]!.name}') has no variance of one: choose 'batch' so that none is left over.`); // prettier-ignore
        const kept = taped(tape, weights, x, rows, true);
        const renewed = (i: number, value: tf.Tensor) => weights.base.set(value.dataSync(), layout.base[i]!.start);
        return new Float64Array(tf.tidy(() => predicted(kept, tensorsOf(kept.base), renewed).dataSync<'float32'>()));
      },
    }),
    backward(tape, { adaptors, pi }, ofOutputs, into: Gradients) {
      const kept = tapes[tape]!;
      const gradient = new Float64Array(layout.baseSize);
      tf.tidy(() => {
        const values = tensorsOf(kept.base);
        const dy = tf.tensor(new Float32Array(ofOutputs), [kept.count, ...sizes[1]!]);
        const learned = layout.base.map((block, i) => ({ block, value: values[i]! })).filter((_, i) => !running[i]);
        const found = gradients(() => predicted(kept, values, NOTHING), learned.map(({ value }) => value), dy); // prettier-ignore
        found.forEach((g, i) => gradient.set(g.dataSync(), learned[i]!.block.start));
      });
      for (let i = 0; i < gradient.length; i++) into.base[i]! += gradient[i]!;
      if (adaptors === null || pi === null) return;
      for (const block of layout.adaptors) {
        if (block.kind === 'vector')
          pullVectors(block, adaptors, pi, gradient, block.target.start, into.adaptors, into.pi);
        else pullFactors(block, adaptors, pi, gradient, block.target.start, into.adaptors, into.pi);
      }
    },
  };
}

/** What a layer holds, as layouts say it. */
function layerOf(layer: tfl.layers.Layer, plain: boolean, statistics: 'fixed' | 'shared' | 'private'): Layer {
  const { name } = layer;
  const kind = layer.getClassName();
  const shapes = layer.trainableWeights.map(({ shape }) => shape as number[]);
  const first = shapes[0] ?? [];
  if (plain) return { kind: 'other', name, shapes };
  if (kind in REFUSED) {
    throw invalid('floral', 'model', name, `without ${REFUSED[kind]!}, which has no adaptor here`, `Name it in 'plain' to leave it to the base.`); // prettier-ignore
  }
  const bias = shapes.length > 1;
  const [inputs, outputs] = first.slice(-2) as [number, number];
  if (kind === 'Dense') return { kind: 'dense', name, inputs, outputs, bias };
  if (kind === 'Conv2D') return { kind: 'conv', name, kernel: [first[0]!, first[1]!], inputs, outputs, bias };
  // Of one axis `balanced_2d` is `balanced`: one factor has the whole kernel.
  if (kind === 'Conv1D') return { kind: 'conv', name, kernel: [1, first[0]!], inputs, outputs, bias };
  if (kind === 'Embedding') return { kind: 'embedding', name, inputs, outputs };
  if (kind === 'BatchNormalization' || kind === 'LayerNormalization') {
    const has = (part: string) => layer.trainableWeights.some((variable) => variable.name.includes(part));
    const kept = kind === 'BatchNormalization' && statistics !== 'fixed' ? { statistics } : {};
    return {
      kind: 'norm',
      name,
      outputs: layer.weights[0]!.shape.at(-1)!,
      gain: has('gamma'),
      bias: has('beta'),
      ...kept,
    };
  }
  return { kind: 'other', name, shapes };
}
