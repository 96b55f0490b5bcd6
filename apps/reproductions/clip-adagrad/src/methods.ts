/** The methods that a cell compares, by the name of their set. b₀ = 3 is the paper's, for gradients of size about 2. */
import { compose, method, type Method, type MethodOptions } from '@assay-ml/clip-adagrad';

/** The level of the paper's quadratic. */
const LEVEL = 0.5;
const b0 = 3;

/** Levels of the sweep; 1e9 clips nothing. */
export const LEVELS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 20, 100, 1e9] as const;

/** Step sizes among which both methods of C12 are tuned. */
export const GRID = Array.from({ length: 15 }, (_, k) => 2 ** (2 - k));

const pair = (name: string, options: MethodOptions): Record<string, Method> => ({
  [name]: compose(options),
  [`Clip-${name}`]: compose({ ...options, clip: { level: LEVEL } }),
});

/** What a set is made of, for step size γ and horizon K. */
export const sets = {
  /** The eight of the paper's figures: η = γ², as in the authors' notebook. */
  eight: (gamma: number) =>
    Object.assign(
      {},
      ...['AdaGrad', 'AdaGradD', 'RAdaGrad', 'RAdaGradD'].map((name) =>
        pair(name, { gamma, b0, delay: name.endsWith('D'), eta: name.startsWith('R') ? gamma * gamma : 1 }),
      ),
    ) as Record<string, Method>,
  /** Clipping in one of the two places alone, and in both or none. */
  places: (gamma: number) => ({
    ...pair('AdaGrad', { gamma, b0 }),
    'direction only': compose({ gamma, b0, clip: { level: LEVEL, accumulator: false } }),
    'accumulator only': compose({ gamma, b0, clip: { level: LEVEL, direction: false } }),
  }),
  /** Momentum, and Adam as AdaGrad's twin: β₂ = 1 − 1/K, γ and b₀ divided by √K. */
  twins: (gamma: number, K: number) => ({
    ...pair('M-AdaGrad', { gamma, b0, beta1: 0.9 }),
    ...pair('Adam', { kind: 'adam', gamma: gamma / Math.sqrt(K), b0: b0 / Math.sqrt(K), horizon: K }),
  }),
  /** Adam with the usual β₂ = 0.999, which the theory does not cover. */
  usual: (gamma: number) => pair('Adam', { kind: 'adam', gamma, b0 }),
  /** Clip-AdaGrad at each level. */
  levels: (gamma: number) =>
    Object.fromEntries(LEVELS.map((level) => [String(level), compose({ gamma, b0, clip: { level } })])),
  /** A constant level against one that grows like (t + 1)^(1/α). */
  growth: (gamma: number, _K: number, alpha: number) => ({
    constant: compose({ gamma, b0, clip: { level: LEVEL } }),
    growing: compose({ gamma, b0, clip: { level: { kind: 'growing', start: LEVEL, a: Math.min(2, alpha) } } }),
  }),
  /** Clip-AdaGrad and Clip-SGD at each step size of one grid. */
  grid: () =>
    Object.fromEntries(
      GRID.flatMap((gamma) => [
        [`Clip-AdaGrad ${gamma}`, method('Clip-AdaGrad-Norm', { gamma, b0, level: LEVEL })],
        [`Clip-SGD ${gamma}`, method('Clip-SGD', { gamma, level: LEVEL })],
      ]),
    ),
} satisfies Record<string, (gamma: number, K: number, alpha: number) => Record<string, Method>>;

export type SetName = keyof typeof sets;
