/**
 * One step of the whole family on plain state in float64:
 *
 *     c = clip(g) where the direction is clipped, else g        a = clip(g) where the accumulator is, else g
 *     m ← β₁m + (1 − β₁)c
 *     new = b² + η·a²   (adagrad)   or   β₂b² + (1 − β₂)η·a²   (adam)
 *     x ← x − γ_t · m / (√(delay ? b² : new) + ε),   then x ← x − γ_t·wd·x
 *     b² ← new
 *
 * where a² is ‖a‖² (one b for all parameters) or by coordinate. A gradient whose squared norm is not finite changes nothing but
 * the counters. Delay means a denominator that is one step old, never a gradient that is.
 */
import { scalar } from '@assay-ml/numerics';
import { requireKeys } from '@assay-ml/numerics/check';
import { drift, isRunning, levelAt, startOf } from './level.js';
import { type Method, tagOf } from './method.js';
import { rateAt } from './schedule.js';

/** What a method remembers between steps. Lists are over the parameters. */
export interface State {
  /** The method that it belongs to, as `tagOf` writes it. */
  readonly tag: string;
  /** Steps offered so far, skipped ones included. */
  t: number;
  /** m; empty where β₁ = 0. */
  readonly m: readonly Float64Array[];
  /** b²: one array of one number (`norm`), one array a parameter (`coordinate`), or none (`sgd`). */
  readonly acc: readonly Float64Array[];
  /** L of a running quantile; else the last L in use, or Infinity. */
  level: number;
  /** Σ over the steps of what part was clipped: 0 or 1 (`norm`), of the tensors, or of the coordinates. */
  clipped: number;
  /** Steps whose gradient was not finite. */
  skipped: number;
}

/** Parameters and state: what a step turns into another. */
export interface Point {
  readonly x: readonly Float64Array[];
  readonly state: State;
}

/** The state before the first step. `x` is read for its lengths alone. @throws TypeError for arguments of another kind */
export function initialState(method: Method, x: readonly ArrayLike<number>[]): State {
  requireKeys('initialState', 'method', method, ['kind', 'scale'], "method('Clip-Adam') makes one.");
  const { kind, scale, b0, beta1, clip } = method;
  const shapes = scale === 'norm' ? [1] : x.map(({ length }) => length);
  return {
    tag: tagOf(method),
    t: 0,
    m: beta1 > 0 ? x.map(({ length }) => new Float64Array(length)) : [],
    acc: kind === 'sgd' ? [] : shapes.map((length) => new Float64Array(length).fill(b0 * b0)),
    level: clip ? startOf(clip.level) : Infinity,
    clipped: 0,
    skipped: 0,
  };
}

/** A copy that shares nothing. @throws TypeError for arguments of another kind */
export function copyPoint(point: Point): Point {
  requireKeys('copyPoint', 'point', point, ['x', 'state'], 'initialState() makes the state.');
  const { x, state } = point;
  const copies = (list: readonly Float64Array[]) => list.map((array) => array.slice());
  return { x: copies(x), state: { ...state, m: copies(state.m), acc: copies(state.acc) } };
}

/**
 * One step.
 * @param from where the step starts; it is not changed, unless it is also `into`
 * @param g the stochastic gradient, arrays of the parameters' lengths
 * @param into where the result is written; by default a new point. Give `from` itself to step in place, without allocating
 * @returns `into`
 * @throws RangeError for a gradient of another shape, or a state of another method or shape; nothing is changed then
 * @example
 * let point = { x: [Float64Array.of(2)], state: initialState(clipped, [[2]]) };
 * point = update(clipped, point, [Float64Array.of(1)]);
 */
export function update(method: Method, from: Point, g: readonly Float64Array[], into = copyPoint(from)): Point {
  requireFit(method, from, g);
  const { kind, scale, delay, beta1, beta2, eta, eps, clip } = method;
  const { t, acc } = from.state;
  const next = into.state;
  if (into !== from) {
    for (const [to, old] of [
      [into.x, from.x],
      [next.m, from.state.m],
      [next.acc, acc],
    ] as const) {
      // prettier-ignore
      to.forEach((array, i) => array.set(old[i]!));
    }
    Object.assign(next, { level: from.state.level, clipped: from.state.clipped, skipped: from.state.skipped });
  }
  next.t = t + 1;
  let square = 0;
  for (const tensor of g) square += squaredNorm(tensor);
  if (!Number.isFinite(square)) {
    next.skipped++;
    return into;
  }

  const level = clip === null ? Infinity : isRunning(clip.level) ? from.state.level : levelAt(clip.level, t);
  const gamma = rateAt(method.gamma, t) * (method.biasCorrection ? Math.sqrt(1 - scalar.pow(beta2, t + 1)) / (1 - scalar.pow(beta1, t + 1)) : 1); // prettier-ignore
  const clamp = clip?.mode === 'coordinate';
  let [touched, count] = [0, 0];
  let sum = 0; // ‖a‖²
  const factors: number[] = [];
  for (const tensor of g) {
    const own = clip?.mode === 'tensor' || clamp ? squaredNorm(tensor) : square;
    const factor = clip === null || clamp ? 1 : Math.min(1, level / Math.sqrt(own));
    factors.push(factor);
    if (clamp) {
      count += tensor.length;
      for (const value of tensor) {
        const a = clip.accumulator ? clampTo(value, level) : value;
        sum += a * a;
        if (Math.abs(value) > level) touched++;
      }
    } else {
      count++;
      if (factor < 1) touched++;
      if (clip?.mode === 'tensor') sum += clip.accumulator ? factor * factor * own : own;
    }
  }
  if (clip?.mode !== 'tensor' && !clamp) sum = clip?.accumulator ? factors[0]! * factors[0]! * square : square;

  const renew = (old: number, a2: number) =>
    kind === 'adagrad' ? old + eta * a2 : beta2 * old + (1 - beta2) * eta * a2;
  let step = gamma; // γ/b of a scalar b
  if (kind !== 'sgd' && scale === 'norm') {
    const old = acc[0]![0]!;
    const renewed = renew(old, sum);
    step = gamma / denominator(delay ? old : renewed, eps);
    next.acc[0]![0] = renewed;
  }
  const rest = rateAt(method.gamma, t) * method.weightDecay;
  g.forEach((tensor, i) => {
    const x = into.x[i]!;
    const m = beta1 > 0 ? next.m[i]! : null;
    const b2 = kind !== 'sgd' && scale === 'coordinate' ? next.acc[i]! : null;
    const factor = factors[i]!;
    for (let j = 0; j < tensor.length; j++) {
      const value = tensor[j]!;
      const cut = clamp ? clampTo(value, level) : factor * value;
      let direction = clip?.direction ? cut : value;
      if (m) direction = m[j] = beta1 * m[j]! + (1 - beta1) * direction;
      if (b2) {
        const a = clip?.accumulator ? cut : value;
        const old = b2[j]!;
        const renewed = renew(old, a * a);
        b2[j] = renewed;
        x[j]! -= (gamma * direction) / denominator(delay ? old : renewed, eps);
      } else x[j]! -= step * direction;
      if (rest > 0) x[j]! -= rest * x[j]!;
    }
  });
  const part = count === 0 ? 0 : touched / count;
  next.clipped += part;
  if (clip !== null) {
    next.level = level;
    if (isRunning(clip.level)) {
      const { a, b } = drift(clip.level);
      next.level = level * scalar.exp(a * part + b);
    }
  }
  return into;
}

/** b + ε. A b² that has decayed to nothing counts as the smallest normal number: 0/0 moves nothing. */
function denominator(square: number, eps: number): number {
  return Math.sqrt(Math.max(square, 2 ** -1022)) + eps;
}

function clampTo(value: number, level: number): number {
  return Math.min(level, Math.max(-level, value));
}

function squaredNorm(x: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * x[j]!;
  return sum;
}

/** Compares lengths in plain loops: it is called in every step and must not allocate. */
function requireFit(method: Method, { x, state }: Point, g: readonly Float64Array[]): void {
  const tag = tagOf(method);
  if (state.tag !== tag) {
    throw new RangeError(`update: 'state' is of ${state.tag}; must be of ${tag}. Start from initialState().`);
  }
  requireLengths('g', g, x);
  if (method.beta1 > 0) requireLengths('state.m', state.m, x);
  if (method.kind !== 'sgd') requireLengths('state.acc', state.acc, method.scale === 'norm' ? ONE : x);
}

const ONE = [{ length: 1 }];

function requireLengths(name: string, list: readonly { length: number }[], like: readonly { length: number }[]): void {
  let fits = list.length === like.length;
  for (let i = 0; fits && i < like.length; i++) fits = list[i]!.length === like[i]!.length;
  if (fits) return;
  const shown = (of: readonly { length: number }[]) => of.map(({ length }) => length).join(', ');
  throw new RangeError(`update: '${name}' has lengths [${shown(list)}]; must have [${shown(like)}]. Give one array for each parameter.`); // prettier-ignore
}
