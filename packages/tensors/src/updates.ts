/**
 * Steps of optimisers that write into the variables they are given: on a cured wasm a kernel for each, in the variables' own
 * memory and with nothing allocated; elsewhere the same formulas from primitives, assigned. x ← (1 − η·decay)·x − u, decay decoupled.
 */
import {
  atLeast,
  fraction,
  integer,
  invalid,
  positive,
  requireKeys,
  requireList,
  requireOptions,
} from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { adamRule, lionRule, momentumRule, signUpdate, update, type UpdateRule } from './arrays.js';
import { hasMemory, isShared, withMemory } from './wasm/strips.js';

/** What every rule has. */
export interface SignOptions {
  /** Learning rate η. */
  readonly rate: number;
  /** Decoupled: x ← (1 − η·decay)·x before the step. Default 0. */
  readonly weightDecay?: number;
}

/** Constants of {@link adam}. */
export interface AdamOptions extends SignOptions {
  /** Number of this step, from 1: bias corrections count by it. */
  readonly t: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-8. */
  readonly eps?: number;
}

/** Constants of {@link lion}. */
export interface LionOptions extends SignOptions {
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.99. */
  readonly beta2?: number;
}

/** Constants of {@link momentum}. */
export interface MomentumOptions extends SignOptions {
  /** Default 0.9. */
  readonly momentum?: number;
  /** Default 0. */
  readonly dampening?: number;
  /** Default false. */
  readonly nesterov?: boolean;
}

/**
 * AdamW: u = η·m̂/(√v̂ + ε), with m and v bias-corrected.
 * @param state weights, first and second moments, of equal shapes, all changed; moments are zeros before the first step
 * @param gradients of the weights, in the same order
 * @throws TypeError for arguments of another kind; RangeError for a constant out of range, a tensor that is not float32 or of another
 *   shape, or one that is changed and whose memory another tensor shares
 */
export function adam(
  state: { readonly parameters: readonly Variable[]; readonly first: readonly Variable[]; readonly second: readonly Variable[] }, // prettier-ignore
  gradients: readonly Tensor[],
  options: AdamOptions,
): void {
  const where = 'adam';
  requireOptions<AdamOptions>(where, options, { rate: 1, weightDecay: 1, t: 1, beta1: 1, beta2: 1, eps: 1 });
  requireKeys(where, 'state', state, ['parameters', 'first', 'second'], 'Begin with moments of zeros.');
  requireList(where, 'gradients', gradients, 'Give tensors.');
  const { beta1 = 0.9, beta2 = 0.999, eps = 1e-8 } = options;
  const t = integer(where, 't', options.t, 1, 'Count steps from 1.');
  fraction(where, 'beta1', beta1, 'Leave it out for 0.9.');
  fraction(where, 'beta2', beta2, 'Leave it out for 0.999.');
  positive(where, 'eps', eps, 'Leave it out for 1e-8.');
  const { parameters, first, second } = state;
  apply(
    where,
    { parameters, first, second },
    gradients,
    options,
    adamRule({ rate: options.rate, beta1, beta2, eps, t }),
  );
}

/**
 * Lion: u = η·sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g.
 * @param state weights and their momentum, both changed; zeros before the first step
 * @param gradients of the weights, in the same order
 * @throws TypeError for arguments of another kind; RangeError as {@link adam}
 */
export function lion(
  state: { readonly parameters: readonly Variable[]; readonly first: readonly Variable[] },
  gradients: readonly Tensor[],
  options: LionOptions,
): void {
  requireOptions<LionOptions>('lion', options, { rate: 1, weightDecay: 1, beta1: 1, beta2: 1 });
  requireKeys('lion', 'state', state, ['parameters', 'first'], 'Begin with moments of zeros.');
  const { parameters, first } = state;
  requireList('lion', 'gradients', gradients, 'Give tensors.');
  const { rate, beta1 = 0.9, beta2 = 0.99 } = options;
  fraction('lion', 'beta1', beta1, 'Leave it out for 0.9.');
  fraction('lion', 'beta2', beta2, 'Leave it out for 0.99.');
  apply('lion', { parameters, first }, gradients, options, lionRule({ rate, beta1, beta2 }));
}

/**
 * SGD with momentum: m ← μ·m + (1 − dampening)·g, u = η·m, with Nesterov η(g + μ·m).
 * @param state weights and their momentum, both changed; zeros before the first step
 * @param gradients of the weights, in the same order
 * @throws TypeError for arguments of another kind; RangeError as {@link adam}
 */
export function momentum(
  state: { readonly parameters: readonly Variable[]; readonly first: readonly Variable[] },
  gradients: readonly Tensor[],
  options: MomentumOptions,
): void {
  requireKeys('momentum', 'state', state, ['parameters', 'first'], 'Begin with moments of zeros.');
  const { parameters, first } = state;
  requireList('momentum', 'gradients', gradients, 'Give tensors.');
  const where = 'momentum';
  requireOptions<MomentumOptions>(where, options, { rate: 1, weightDecay: 1, momentum: 1, dampening: 1, nesterov: 1 });
  const { rate, momentum: mu = 0.9, dampening = 0, nesterov = false } = options;
  fraction(where, 'momentum', mu, 'Leave it out for 0.9.');
  atLeast(where, 'dampening', dampening, 0, 'Leave it out for 0.');
  apply(where, { parameters, first }, gradients, options, momentumRule({ rate, momentum: mu, dampening, nesterov }));
}

/**
 * signSGD: u = η·sign(g). 0 and NaN do not move a weight.
 * @param state weights, which are changed
 * @param gradients of the weights, in the same order
 * @throws TypeError for arguments of another kind; RangeError as {@link adam}
 */
export function sign(
  state: { readonly parameters: readonly Variable[] },
  gradients: readonly Tensor[],
  options: SignOptions,
): void {
  requireOptions<SignOptions>('sign', options, { rate: 1, weightDecay: 1 });
  requireKeys('sign', 'state', state, ['parameters'], 'Give { parameters }.');
  const { parameters } = state;
  requireList('sign', 'gradients', gradients, 'Give tensors.');
  apply('sign', { parameters }, gradients, options, null);
}

/** Lists of equal length, `parameters` first. */
type Lists = Readonly<Record<string, readonly Variable[]>>;

function apply(
  where: string,
  lists: Lists,
  gradients: readonly Tensor[],
  options: SignOptions,
  rule: UpdateRule | null,
) {
  const { rate, weightDecay = 0 } = options;
  atLeast(where, 'rate', rate, 0, 'Say 1e-3.');
  atLeast(where, 'weightDecay', weightDecay, 0, 'Leave it out for none.');
  check(where, lists, gradients);
  const keep = 1 - rate * weightDecay;
  const own = Object.values(lists);
  gradients.forEach((gradient, i) => {
    const variables = own.map((list) => list[i]!);
    if (hasMemory()) {
      withMemory([gradient, ...variables], ([g, x, m, v]) => {
        if (rule === null) signUpdate(x!, g!, rate, keep);
        else update(rule, x!, v ? [m!, v] : [m!], g!, keep);
      });
    } else {
      const next = tf.tidy(() => primitives(variables, gradient, rule, rate, keep));
      variables.forEach((variable, k) => variable.assign(next[k]!));
      tf.dispose(next);
    }
  });
}

/** The next weights and moments. */
function primitives(
  [x, m, v]: readonly Tensor[],
  g: Tensor,
  rule: UpdateRule | null,
  rate: number,
  keep: number,
): Tensor[] {
  const times = (factor: number, t: Tensor) => tf.mul(tf.scalar(factor), t);
  const signed = (t: Tensor) => tf.sub(tf.cast(tf.greater(t, 0), 'float32'), tf.cast(tf.less(t, 0), 'float32'));
  const less = (u: Tensor) => tf.sub(times(keep, x!), u);
  if (rule === null) return [less(times(rate, signed(g)))];
  const { a, b, c, d } = rule;
  if (rule.rule === 0) {
    const first = tf.add(m!, times(a, tf.sub(g, m!)));
    const second = tf.add(v!, times(b, tf.sub(tf.mul(g, g), v!)));
    return [less(tf.div(times(c, first), tf.add(tf.sqrt(second), tf.scalar(d)))), first, second];
  }
  if (rule.rule === 1) {
    const change = tf.sub(g, m!);
    return [less(times(c, signed(tf.add(m!, times(a, change))))), tf.add(m!, times(b, change))];
  }
  const buffer = tf.add(times(a, m!), times(b, g));
  return [less(times(c, rule.rule === 3 ? tf.add(g, times(a, buffer)) : buffer)), buffer];
}

/** Nothing may be changed that somebody else reads, or twice. */
function check(where: string, lists: Lists, gradients: readonly Tensor[]): void {
  const { parameters } = lists;
  const seen = new Set<object>();
  for (const [name, list] of Object.entries({ ...lists, gradients })) {
    if (list.length !== parameters!.length) {
      throw new RangeError(`${where}: '${name}' has ${list.length} tensors; must have ${parameters!.length}, one for each of 'parameters'.`); // prettier-ignore
    }
    list.forEach((tensor, i) => {
      const { shape } = parameters![i]!;
      const called = `${name}[${i}]`;
      if (tensor.dtype !== 'float32') throw invalid(where, called, tensor.dtype, "of type 'float32'");
      if (!tf.util.arraysEqual(tensor.shape, shape)) throw invalid(where, called, tensor.shape, `of shape [${shape.join(', ')}]`, 'It is that of its weights.'); // prettier-ignore
      if (name === 'gradients') return;
      if (!(tensor instanceof tf.Variable)) throw invalid(where, called, 'a tensor', 'a variable', 'It is changed: make it with tf.variable().'); // prettier-ignore
      if (seen.has(tensor.dataId) || isShared(tensor)) {
        throw invalid(where, called, tensor.name, 'the only tensor on its memory', 'It is changed in place: dispose the others, such as the one that the variable was made of, or assign it a copy.'); // prettier-ignore
      }
      seen.add(tensor.dataId);
    });
  }
}
