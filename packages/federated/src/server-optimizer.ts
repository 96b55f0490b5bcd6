/**
 * What the server does with a round's mean: a step of an optimiser on the pseudo-gradient g = old − mean, after Reddi et al.,
 * "Adaptive federated optimization" (ICLR 2021), whose Adagrad, Adam and Yogi have no bias correction and ε outside the root.
 */
import {
  atLeast,
  fraction,
  integer,
  oneOf,
  positive,
  requireKeys,
  requireList,
  requireOptions,
} from '@assay-ml/numerics/check';

/** Names of the server's optimisers. */
export type ServerOptimizerName = 'sgd' | 'momentum' | 'adagrad' | 'adam' | 'yogi';

/** Options of `serverStep`. */
export interface ServerOptions {
  /** Default 'sgd'. */
  readonly optimizer?: ServerOptimizerName;
  /** Default 1: with 'sgd' the mean itself. */
  readonly rate?: number;
  /** β₁, of 'momentum', 'adam' and 'yogi'. Default 0.9. */
  readonly beta1?: number;
  /** β₂, of 'adam' and 'yogi'. Default 0.99. */
  readonly beta2?: number;
  /** τ, added to the root of the second moment. Default 1e-3. */
  readonly tau?: number;
}

/** Moments of a server: plain data. */
export type ServerState = { readonly first: Float64Array; readonly second: Float64Array };

const NAMES = { optimizer: 1, rate: 1, beta1: 1, beta2: 1, tau: 1 };
const OPTIMIZERS = ['sgd', 'momentum', 'adagrad', 'adam', 'yogi'] as const;

/** @throws RangeError for an option out of range */
export function serverOf(options: ServerOptions, where = 'serverOf'): Required<ServerOptions> {
  requireOptions<ServerOptions>(where, options, NAMES, 'server');
  const { optimizer = 'sgd', rate = 1, beta1 = 0.9, beta2 = 0.99, tau = 1e-3 } = options;
  return {
    optimizer: oneOf(where, 'optimizer', optimizer, OPTIMIZERS),
    rate: atLeast(where, 'rate', rate, 0),
    beta1: fraction(where, 'beta1', beta1),
    beta2: fraction(where, 'beta2', beta2),
    tau: positive(where, 'tau', tau),
  };
}

/** Moments before the first round: m = 0, and v = τ², as Reddi et al. start it. */
export function startServer(size: number, options: ServerOptions = {}): ServerState {
  integer('startServer', 'size', size, 0, 'Count the numbers of a point.');
  const { optimizer, tau } = serverOf(options, 'startServer');
  const [hasFirst, hasSecond] = [
    optimizer !== 'sgd' && optimizer !== 'adagrad',
    !['sgd', 'momentum'].includes(optimizer),
  ];
  return {
    first: new Float64Array(hasFirst ? size : 0),
    second: new Float64Array(hasSecond ? size : 0).fill(tau * tau),
  };
}

/**
 * One step, in place on `x` and the state:
 *
 * | optimiser | m | v | step |
 * |---|---|---|---|
 * | `sgd` | | | x − rate·g |
 * | `momentum` | β₁m + g | | x − rate·m |
 * | `adagrad` | | v + g² | x − rate·g/(√v + τ) |
 * | `adam` | β₁m + (1 − β₁)g | β₂v + (1 − β₂)g² | x − rate·m/(√v + τ) |
 * | `yogi` | as Adam | v − (1 − β₂)g² sign(v − g²) | as Adam |
 * @param x [d] the old point, overwritten
 * @param mean [d] of the clients' points
 * @throws TypeError for arguments of another kind; RangeError for arrays that do not fit, or an option out of range
 */
export function serverStep(
  x: Float64Array,
  mean: ArrayLike<number>,
  state: ServerState,
  options: ServerOptions = {},
): Float64Array {
  requireList('serverStep', 'x', x, 'Give the old point.');
  requireList('serverStep', 'mean', mean, 'aggregate() makes one.');
  requireKeys('serverStep', 'state', state, ['first', 'second'], 'startServer() makes one.');
  // prettier-ignore
  const { optimizer, rate, beta1, beta2, tau } = serverOf(options, 'serverStep');
  const wanted = startServer(x.length, options);
  const { first: m, second: v } = state;
  if (mean.length !== x.length || m.length !== wanted.first.length || v.length !== wanted.second.length) {
    throw new RangeError(`serverStep: 'mean' and the moments are of lengths ${mean.length}, ${m.length} and ${v.length}; must be ${x.length}, ${wanted.first.length} and ${wanted.second.length}. Begin with startServer and the same options.`); // prettier-ignore
  }
  for (let i = 0; i < x.length; i++) {
    const g = x[i]! - mean[i]!;
    if (optimizer === 'sgd') {
      // Rate 1 is the mean to the bit, and does not lose it to rounding.
      x[i] = rate === 1 ? mean[i]! : x[i]! - rate * g;
      continue;
    }
    if (optimizer === 'momentum') {
      m[i] = beta1 * m[i]! + g;
      x[i]! -= rate * m[i]!;
      continue;
    }
    const square = g * g;
    if (optimizer === 'adagrad') v[i]! += square;
    else {
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = optimizer === 'adam' ? beta2 * v[i]! + (1 - beta2) * square : v[i]! - (1 - beta2) * square * Math.sign(v[i]! - square); // prettier-ignore
    }
    x[i]! -= (rate * (optimizer === 'adagrad' ? g : m[i]!)) / (Math.sqrt(v[i]!) + tau);
  }
  return x;
}
