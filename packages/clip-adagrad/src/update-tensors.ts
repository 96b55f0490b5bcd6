/**
 * The step of update.ts on float32 tensors. Nothing is read back from the device: what depends on the gradient (factors of
 * clipping, b, whether it is finite, counters) are scalar tensors.
 *
 * A scalar b² is a sum of two float32 numbers: one alone stops growing once what is added is below 6e-8 of it.
 */
import { scalar } from '@assay-ml/numerics';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { clipTensors, keeper } from './clip-tensors.js';
import { startOf } from './level.js';
import { type Method, tagOf } from './method.js';
import { rateAt } from './schedule.js';

/** The smallest normal float32 number. */
const TINY = 2 ** -126;

/** What a method remembers between steps, as `State` has it; lists are over the parameters. */
export interface TensorState {
  readonly tag: string;
  /** Steps offered so far, skipped ones included. */
  readonly t: number;
  readonly m: readonly Tensor[];
  /** b²: high and low part of a scalar (`norm`), one tensor a parameter (`coordinate`), or none (`sgd`). */
  readonly acc: readonly Tensor[];
  /** L of a running quantile; else the first L, or Infinity. */
  readonly level: Scalar;
  /** Σ of the parts that were clipped. */
  readonly clipped: Scalar;
  /** Steps whose gradient was not finite. */
  readonly skipped: Scalar;
}

/** Parameters and state. */
export interface TensorPoint {
  readonly x: readonly Tensor[];
  readonly state: TensorState;
}

/** The state before the first step; `x` is read for its shapes alone. Release it with `tf.dispose`. */
export function initialTensorState(method: Method, x: readonly Tensor[]): TensorState {
  const { kind, scale, b0, beta1, clip } = method;
  const square = b0 * b0;
  const high = Math.fround(square);
  return {
    tag: tagOf(method),
    t: 0,
    m: beta1 > 0 ? x.map((tensor) => tf.zeros(tensor.shape)) : [],
    acc:
      kind === 'sgd'
        ? []
        : scale === 'norm'
          ? [tf.scalar(high), tf.scalar(square - high)]
          : x.map(({ shape }) => tf.fill(shape, square)),
    level: tf.scalar(clip ? startOf(clip.level) : Infinity),
    clipped: tf.scalar(0),
    skipped: tf.scalar(0),
  };
}

/**
 * One step. Nothing is changed in place: the result is new tensors, and the old ones stay the caller's.
 *
 * A gradient that is not finite, or whose squared norm overflows float32 (norms above 1.8e19), changes nothing but `t` and
 * `skipped`.
 * @param g gradients of the parameters, in their order and shapes
 * @throws RangeError for gradients of other shapes, or a state of another method or shape
 */
export function updateTensors(method: Method, from: TensorPoint, g: readonly Tensor[]): TensorPoint {
  requireFit(method, from, g);
  return tf.tidy(() => step(method, from, g) as unknown as tf.TensorContainer) as unknown as TensorPoint;
}

function step(method: Method, { x, state }: TensorPoint, g: readonly Tensor[]): TensorPoint {
  const { kind, scale, delay, beta1, beta2, eta, eps, clip, weightDecay } = method;
  const { t, acc } = state;
  const rate = rateAt(method.gamma, t);
  const gamma = method.biasCorrection
    ? (rate * Math.sqrt(1 - scalar.pow(beta2, t + 1))) / (1 - scalar.pow(beta1, t + 1))
    : rate;
  const cut = clipTensors(clip, t, state.level, g);
  const one = g.map(() => null);
  const [along, alongFactors] = clip?.direction ? [cut.tensors, cut.factors] : [g, one];
  const [entering, enteringFactors] = clip?.accumulator ? [cut.tensors, cut.factors] : [g, one];

  // Below, what is large is freed at once, so that the next takes its memory, and scalars are multiplied before tensors.
  let divisor: Scalar | null = null; // γ/b
  let renewed: Tensor[] = [];
  if (kind !== 'sgd' && scale === 'norm') {
    const square = times(clip?.accumulator ? cut.clippedSquare : cut.square, null, eta);
    renewed = addTwo(acc[0]!, acc[1]!, kind === 'adagrad' ? square : tf.mul(tf.sub(square, acc[0]!), 1 - beta2));
    divisor = tf.div<Scalar>(gamma, denominator((delay ? acc : renewed)[0]!, eps));
  } else if (kind !== 'sgd') {
    const weight = kind === 'adam' ? (1 - beta2) * eta : eta;
    renewed = g.map((_, i) =>
      tf.tidy(() => {
        const factor = enteringFactors[i] ?? null;
        const added = times(tf.square(entering[i]!), factor && (tf.square(factor) as Scalar), weight);
        return tf.add(kind === 'adagrad' ? acc[i]! : tf.mul(acc[i]!, beta2), added);
      }),
    );
  }
  const m = state.m.map((before, i) =>
    tf.tidy(() => tf.add(tf.mul(before, beta1), times(along[i]!, alongFactors[i]!, 1 - beta1))),
  );
  const moved = x.map((from, i) =>
    tf.tidy(() => {
      const [base, factor]: [Tensor, Scalar | null] = m.length > 0 ? [m[i]!, null] : [along[i]!, alongFactors[i]!];
      let way: Tensor;
      if (kind !== 'sgd' && scale === 'coordinate') {
        way = tf.div(times(base, factor, gamma), denominator((delay ? acc : renewed)[i]!, eps));
      } else
        way = divisor ? times(base, factor ? tf.mul<Scalar>(factor, divisor) : divisor, 1) : times(base, factor, gamma);
      const to = tf.sub(from, way);
      return weightDecay > 0 ? tf.sub(to, tf.mul(to, rate * weightDecay)) : to;
    }),
  );
  const keep = keeper(cut.finite);
  const select = (next: readonly Tensor[], before: readonly Tensor[]) => next.map((tensor, i) => keep(tensor, before[i]!)); // prettier-ignore
  return {
    x: select(moved, x),
    state: {
      tag: state.tag,
      t: t + 1,
      m: select(m, state.m),
      acc: select(renewed, acc),
      level: cut.nextLevel ?? tf.clone(state.level),
      clipped: tf.add(state.clipped, cut.part) as Scalar,
      skipped: tf.add(state.skipped, tf.sub(1, tf.cast(cut.finite, 'float32'))),
    },
  };
}

/** tensor·factor·number in one pass over the tensor; a factor of null is 1. */
function times(tensor: Tensor, factor: Scalar | null, number: number): Tensor {
  if (factor !== null) return tf.mul(tensor, number === 1 ? factor : tf.mul(factor, number));
  return number === 1 ? tensor : tf.mul(tensor, number);
}

/**
 * b + ε. A b² that has decayed to nothing, which backends that flush denormals see soon, counts as the smallest normal
 * number: 0/0 moves nothing. An ε that is normal itself does as much.
 */
function denominator(square: Tensor, eps: number): Tensor {
  if (eps >= TINY) return tf.add(tf.sqrt(square), eps);
  const b = tf.sqrt(tf.maximum(square, TINY));
  return eps === 0 ? b : tf.add(b, eps);
}

/** high + low + added as two float32 numbers: Knuth's two-sum, then renormalised. */
function addTwo(high: Tensor, low: Tensor, added: Tensor): [Tensor, Tensor] {
  const sum = tf.add(high, added);
  const seen = tf.sub(sum, high);
  const error = tf.add(tf.sub(high, tf.sub(sum, seen)), tf.sub(added, seen));
  const rest = tf.add(low, error);
  const top = tf.add(sum, rest);
  return [top, tf.sub(rest, tf.sub(top, sum))];
}

function requireFit(method: Method, { x, state }: TensorPoint, g: readonly Tensor[]): void {
  const where = 'updateTensors';
  const { kind, scale, beta1 } = method;
  const tag = tagOf(method);
  if (state.tag !== tag) {
    throw new RangeError(`${where}: 'state' is of ${state.tag}; must be of ${tag}. Start from initialTensorState().`);
  }
  const shapes = (list: readonly Tensor[]) => JSON.stringify(list.map(({ shape }) => shape));
  const check = (name: string, list: readonly Tensor[], wanted: string) => {
    if (shapes(list) !== wanted) {
      throw new RangeError(`${where}: '${name}' has shapes ${shapes(list)}; must have ${wanted}. Give one tensor for each parameter.`); // prettier-ignore
    }
  };
  check('g', g, shapes(x));
  check('state.m', state.m, beta1 > 0 ? shapes(x) : '[]');
  check('state.acc', state.acc, kind === 'sgd' ? '[]' : scale === 'norm' ? '[[],[]]' : shapes(x));
}
