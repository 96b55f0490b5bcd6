/**
 * The specification's network: embeddings of four tokens side by side, four residual tanh layers, 64 logits. Kernels are [out, in]
 * as in PyTorch, so that columns are the authors'. The gradient is written out: TensorFlow.js's tape would take half of a step.
 */
import type { Numbers, Parameter } from '@assay-ml/frugal-opt';
import { scalar, stream } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';

export const VOCABULARY = 64;
export const CONTEXT = 4;
const EMBEDDING = 24;
export const WIDTH = EMBEDDING * CONTEXT;
const LAYERS = 4;

/** Embedding; kernel and bias of each layer; output and its bias. */
export const PARAMETERS: readonly Parameter[] = [
  { name: 'embedding', shape: [VOCABULARY, EMBEDDING], role: 'embedding' },
  ...Array.from({ length: LAYERS }, (_, l): Parameter[] => [
    { name: `layers.${l}.kernel`, shape: [WIDTH, WIDTH], role: 'kernel' },
    { name: `layers.${l}.bias`, shape: [WIDTH], role: 'bias' },
  ]).flat(),
  { name: 'output', shape: [VOCABULARY, WIDTH], role: 'output' },
  { name: 'output.bias', shape: [VOCABULARY], role: 'bias' },
];

/** Embeddings N(0, 1), kernels N(0, 1/in), biases 0. */
export function startOf(seed: number): Float32Array[] {
  const draw = stream(seed, 'mlp');
  return PARAMETERS.map(({ shape, role }, i) => {
    const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
    if (role === 'bias') return Float32Array.from(values);
    const scale = role === 'embedding' ? 1 : 1 / Math.sqrt(WIDTH);
    return Float32Array.from(draw.at(i).fillNormal(values), (z) => scale * z);
  });
}

/** The embeddings of examples, which begin at these places of a text. */
function embedded(tokens: Uint8Array, places: ArrayLike<number>, embedding: Numbers): Float32Array {
  const rows = new Float32Array(places.length * WIDTH);
  for (let e = 0; e < places.length; e++) {
    for (let c = 0; c < CONTEXT; c++) {
      const token = tokens[places[e]! + c]!;
      for (let d = 0; d < EMBEDDING; d++) rows[e * WIDTH + c * EMBEDDING + d] = embedding[token * EMBEDDING + d]!;
    }
  }
  return rows;
}

const targets = (tokens: Uint8Array, places: ArrayLike<number>) =>
  Array.from(places, (place) => tokens[place + CONTEXT]!);

const tensorsOf = (x: readonly Numbers[]) => x.map((values, i) => tf.tensor(values as Float32Array, [...PARAMETERS[i]!.shape])); // prettier-ignore

/** What goes into each layer, what comes out of its tanh, and the logits. */
function forward(x: readonly tf.Tensor[], input: tf.Tensor2D) {
  const inputs: tf.Tensor2D[] = [input];
  const outs: tf.Tensor2D[] = [];
  for (let l = 0; l < LAYERS; l++) {
    const h = inputs[l]!;
    const out = tf.tanh(tf.add(tf.matMul(h, x[1 + 2 * l] as tf.Tensor2D, false, true), x[2 + 2 * l]!)) as tf.Tensor2D;
    outs.push(out);
    inputs.push(tf.add(h, out));
  }
  const logits = tf.add(tf.matMul(inputs[LAYERS]!, x[1 + 2 * LAYERS] as tf.Tensor2D, false, true), x[2 + 2 * LAYERS]!);
  return { inputs, outs, logits: logits as tf.Tensor2D };
}

/** Mean cross-entropy of examples. */
export function lossOf(x: readonly Numbers[], tokens: Uint8Array, places: ArrayLike<number>): number {
  return tf.tidy(() => {
    const { logits } = forward(tensorsOf(x), tf.tensor2d(embedded(tokens, places, x[0]!), [places.length, WIDTH]));
    const values = logits.dataSync<'float32'>();
    let sum = 0;
    targets(tokens, places).forEach((target, e) => {
      const row = values.subarray(e * VOCABULARY, (e + 1) * VOCABULARY);
      const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
      sum += most + scalar.log(row.reduce((total, z) => total + scalar.exp(z - most), 0)) - row[target]!;
    });
    return sum / places.length;
  });
}

/** Its gradient by every parameter. */
export function gradientOf(x: readonly Numbers[], tokens: Uint8Array, places: ArrayLike<number>): Float32Array[] {
  const count = places.length;
  const gradients: Float32Array[] = [];
  // Nothing is returned from tidy: it would walk through every number of the arrays.
  tf.tidy(() => {
    const weights = tensorsOf(x);
    const { inputs, outs, logits } = forward(weights, tf.tensor2d(embedded(tokens, places, x[0]!), [count, WIDTH]));
    const wanted = tf.oneHot(tf.tensor1d(targets(tokens, places), 'int32'), VOCABULARY);
    let above = tf.div(tf.sub(tf.softmax(logits), wanted), count) as tf.Tensor2D;
    const found: tf.Tensor[] = [];
    const leave = (kernel: tf.Tensor, bias: tf.Tensor) => found.unshift(kernel, bias);
    leave(tf.matMul(above, inputs[LAYERS]!, true, false), tf.sum(above, 0));
    above = tf.matMul(above, weights[1 + 2 * LAYERS] as tf.Tensor2D);
    for (let l = LAYERS - 1; l >= 0; l--) {
      const inner = tf.mul(above, tf.sub(1, tf.square(outs[l]!))) as tf.Tensor2D;
      leave(tf.matMul(inner, inputs[l]!, true, false), tf.sum(inner, 0));
      above = tf.add(above, tf.matMul(inner, weights[1 + 2 * l] as tf.Tensor2D)) as tf.Tensor2D;
    }
    const bottom = above.dataSync<'float32'>();
    const embedding = new Float32Array(VOCABULARY * EMBEDDING);
    for (let e = 0; e < count; e++) {
      for (let c = 0; c < CONTEXT; c++) {
        const at = tokens[places[e]! + c]! * EMBEDDING;
        for (let d = 0; d < EMBEDDING; d++) embedding[at + d]! += bottom[e * WIDTH + c * EMBEDDING + d]!;
      }
    }
    gradients.push(embedding, ...found.map((tensor) => tensor.dataSync<'float32'>()));
  });
  return gradients;
}
