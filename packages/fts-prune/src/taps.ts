/**
 * One forward and backward pass that tells, for each kernel it can, the layer's input and the delta at its output: what
 * gradients of single examples are made of.
 *
 * It needs nothing of the model. While the loss is computed it notes which matrix products and convolutions run, and with
 * which operands; then it reads the engine's tape, on which stands everything that a gradient can flow through. A kernel
 * that enters the tape exactly once, as the weight of a product that was noted, gets a tap: the entry's gradient function
 * is wrapped, sees the delta, and leaves the usual weight gradient out. Any other parameter says why it has none.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Geometry of a convolution. It is not dilated: TensorFlow.js refuses the gradient of one that is. */
interface ConvGeometry {
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Input and output gradient of a layer with a kernel, for a whole batch. */
export interface Tap {
  /** Of a dense layer [rows, in] of any rank, of a convolution [B, H, W, in]. */
  readonly input: Tensor;
  /** ∂(sum of losses)/∂(output of the product), of the output's shape. */
  readonly delta: Tensor;
  /** The kernel's shape in the product: [in, out] or [height, width, in, out]. */
  readonly shape: readonly number[];
  /** Null for a dense layer. */
  readonly conv: ConvGeometry | null;
}

interface TapeNode {
  readonly kernelName: string;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  gradient?: (dys: Tensor[]) => Record<string, () => Tensor>;
}

interface Product {
  readonly input: Tensor;
  readonly weight: Tensor;
  readonly conv: ConvGeometry | null;
}

/**
 * Operations that hand their input's numbers on in the same order. A transpose does so only if it moves no side of more
 * than one (tfjs-layers has such ones); any other is found out when examples are checked.
 */
const VIEWS = new Set<string>([tf.Reshape, tf.Identity, tf.ExpandDims, tf.Transpose]);

/** A product as noted: `input` is a copy of the tensor with id `operand`. */
interface Call extends Product {
  readonly operand: number;
}

type Engine = {
  state: { activeTape: TapeNode[] };
  runKernel(name: string, inputs: Record<string, Tensor>, attributes?: Record<string, unknown>): unknown;
};

/** Runs `f` and notes the products that run, but not what a kernel runs inside. */
function noting<T>(f: () => T, calls: Call[]): T {
  const engine = tf.engine() as unknown as Engine;
  const run = engine.runKernel;
  let inside = false;
  engine.runKernel = (name, inputs, attributes = {}) => {
    const call = inside ? null : callOf(name, inputs, attributes);
    if (call === null) return run.call(engine, name, inputs, attributes);
    // A copy: scopes inside the model may end, and dispose of the operand, before the delta comes.
    calls.push({ ...call, input: tf.keep(tf.clone(call.input)), operand: call.input.id });
    inside = true;
    try {
      return run.call(engine, name, inputs, attributes);
    } finally {
      inside = false;
    }
  };
  try {
    return f();
  } finally {
    engine.runKernel = run;
  }
}

function callOf(name: string, inputs: Record<string, Tensor>, attributes: Record<string, unknown>): Product | null {
  const { transposeA = false, transposeB = false, activation = 'linear', dataFormat = 'NHWC' } = attributes;
  if (activation !== 'linear') return null;
  if (name === tf.BatchMatMul || name === tf._FusedMatMul) {
    return transposeA || transposeB ? null : { input: inputs['a']!, weight: inputs['b']!, conv: null };
  }
  if (name === tf.Conv2D || name === tf.FusedConv2D) {
    if (dataFormat !== 'NHWC') return null;
    return { input: inputs['x']!, weight: inputs['filter']!, conv: attributes as unknown as ConvGeometry };
  }
  return null;
}

/**
 * Differentiates `f` and taps what it can.
 * @param f the sum of the losses of the batch, from `parameters`
 * @param examples number of examples in the batch
 * @returns one for each parameter: its tap, whose tensors the caller disposes of, or why it has none
 */
export function tapped(f: () => Tensor, parameters: readonly Tensor[], examples: number): (Tap | string)[] {
  const engine = tf.engine();
  const taps: (Tap | string)[] = parameters.map(() => 'no gradient reaches it');
  const calls: Call[] = [];
  const forward = (): Tensor => {
    const value = noting(f, calls);
    const tape = [...(engine as unknown as Engine).state.activeTape];
    parameters.forEach((parameter, i) => {
      const use = useOf(parameter, tape, calls, examples);
      if (typeof use === 'string') {
        taps[i] = use;
        return;
      }
      const { node, key, call } = use;
      const { shape } = call.weight;
      const operand = node.inputs[key]!.shape;
      const gradient = node.gradient!;
      node.gradient = (dys) => {
        taps[i] = { input: call.input, delta: tf.keep(tf.clone(dys[0]!)), shape, conv: call.conv };
        // Nobody reads the kernel's gradient over the whole batch: any tensor of its shape will do.
        return { ...gradient(dys), [key]: () => tf.reshape(parameter, operand) };
      };
    });
    return value;
  };
  try {
    tf.tidy(() => {
      engine.gradients(forward, [...parameters], undefined, true);
    });
  } catch (error) {
    tf.dispose(calls.map(({ input }) => input));
    throw error;
  }
  const taken = new Set(taps.map((tap) => (typeof tap === 'string' ? null : tap.input)));
  tf.dispose(calls.flatMap(({ input }) => (taken.has(input) ? [] : [input])));
  return taps;
}

/** The one entry of the tape that a parameter goes into and the product noted for it, or why there is none. */
function useOf(
  parameter: Tensor,
  tape: readonly TapeNode[],
  calls: readonly Call[],
  examples: number,
): { node: TapeNode; key: string; call: Call } | string {
  const views = new Set([parameter.id]);
  const uses: { node: TapeNode; key: string }[] = [];
  // What is saved for the backward pass is a copy, and the copying is on the tape; no forward pass reads it.
  const copies = new Set(tape.flatMap(({ saved }) => saved.map(({ id }) => id)));
  for (const node of tape) {
    if (copies.has(node.outputs[0]!.id)) continue;
    for (const [key, input] of Object.entries(node.inputs)) {
      if (!views.has(input.id)) continue;
      if (VIEWS.has(node.kernelName)) views.add(node.outputs[0]!.id);
      else uses.push({ node, key });
    }
  }
  const [use] = uses;
  if (use === undefined) return 'not used';
  if (uses.length > 1) return `used ${uses.length} times`;
  const mine = calls.filter(({ weight }) => views.has(weight.id));
  const [call] = mine;
  const isOperand = mine.length === 1 && Object.values(use.node.inputs).some(({ id }) => id === call!.operand);
  if (!isOperand) return `not the kernel of a dense layer or convolution, but used by ${use.node.kernelName}`;
  const { input, weight, conv } = call!;
  const rows = conv === null ? input.size / input.shape.at(-1)! : input.shape[0]!;
  const plain = conv === null ? weight.size === weight.shape.at(-1)! * weight.shape.at(-2)! : rows === examples;
  if (!plain || rows % examples !== 0) return 'its layer has no rows of its own for each example';
  return { node: use.node, key: use.key, call: call! };
}
