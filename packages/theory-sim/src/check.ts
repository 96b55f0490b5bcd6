/** Checks of options at the border. Every message names the function, the option, the value that came and what is allowed. */

import * as check from '@assay-ml/numerics/check';

const lowerBounds = 'smoothnessEstimator() finds lower bounds along a run.';
const coordinates = 'Give one number a coordinate.';
const resume = 'Resume with the method and problem of the first run.';
const bounds = 'estimateConstants() gives lower bounds.';

/** What to do about a wrong option, by its name: it means the same in all functions. */
const advice: Readonly<Record<string, string>> = {
  problem: 'Give one with n, d and grad.',
  constants: 'Give L, zeta, zetaBar, delta, rho, M and sigma.',
  budget: 'Give K, R and n.',
  eta: 'tune() finds one.',
  etaOuter: 'Leave it out for 1, the method of the theorems.',
  grid: 'Start from defaultGrid(L).',
  K: 'Count the steps of a client in a round.',
  R: 'Count the rounds from the start of the run.',
  x0: coordinates,
  n: 'Count the clients.',
  'problem.n': 'Count the clients.',
  d: 'Count the coordinates.',
  'problem.d': 'Count the coordinates.',
  seed: 'Any of 0, 1, 2, … will do.',
  target: 'It is compared with ‖∇f(x)‖².',
  'divergence.factor': 'Leave it out for 1e6.',
  'state.method': resume,
  'state.x': resume,
  'state.c': resume,
  'state.controls': resume,
  L: 'Leave it out for 1.',
  lMin: 'Leave it out for L/100.',
  delta: 'Use 0 for equal Hessians.',
  zeta: 'Use 0 for no linear terms.',
  rho: 'Use 0 for no cosines.',
  sigma: 'Use 0 for no noise.',
  scale: 'Use 0 for no noise.',
  samples: 'Give n, d, count and gradient.',
  batchSize: 'Choose from 1 to the rows of the smallest client.',
  'samples.n': 'Count the clients.',
  'samples.d': 'Count the coordinates.',
  'samples.count': 'Leave out clients without rows.',
  'ball.centre': coordinates,
  'ball.radius': 'Choose a ball that the runs stay in.',
  points: 'Leave it out for 32.',
  starts: 'Leave it out for 8.',
  steps: 'Leave it out for 30.',
  directions: 'Leave it out for min(d, 20).',
  step: 'Leave it out for 1e-3.',
  precision: 'Leave it out for double precision.',
  inflation: 'Leave it out for 2.',
  alpha: 'Use 0 to stand still at the clients.',
  tau: 'Count the steps of a client in a round.',
  gammaServer: 'Use 0 to stand still between cohorts.',
  cohort: 'Count the clients that take part at once.',
  c0: 'clipConstants() makes c0 and c1 of a step size and a clip level.',
  c1: 'Use 0 for no clipping.',
  clip: 'Choose the norm above which a step is shortened.',
  innerClip: 'Choose the norm above which a step is shortened.',
  level: 'Choose the norm above which a step is shortened.',
  lr: 'Choose the step size for small gradients, halved.',
  etaServer: 'gridSearch() finds one.',
  order: "Leave it out for 'reshuffle'.",
  norm: "Leave it out for 'pathAverage'.",
  L0: lowerBounds,
  L1: lowerBounds,
  'drift.L0': lowerBounds,
  'drift.L1': lowerBounds,
  gradientNorm: 'Give ‖∇f(x)‖.',
  gap: 'Give f(x) less its infimum.',
  distance: 'Give ‖y − x‖.',
  mu: 'A family has it as mu.',
  ridge: 'Use 0 for none.',
  'constants.L': bounds,
  'constants.zeta': bounds,
  'constants.zetaBar': bounds,
  'constants.delta': bounds,
  'constants.rho': bounds,
  'constants.M': bounds,
  'constants.sigma': 'Use 0 for exact gradients.',
  'constants.Delta': 'For a family it is problem.value(x0) - problem.infimum.',
};

/** What is known for options of that name, with or without an index. */
const adviceFor = (name: string): string | undefined => advice[name.replace(/[[(].*/, '')];

/** The error of an option outside its range. `todo` is by default what is known for options of that name. */
export function invalid(where: string, name: string, value: unknown, allowed: string, todo?: string): RangeError {
  return check.invalid(where, name, value, allowed, todo ?? adviceFor(name));
}

/** @throws TypeError unless `value` is an object. */
export function checkObject(where: string, name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new TypeError(check.complaint(where, name, value, 'an object', adviceFor(name)));
  }
}

/** Every name of an options object, as keys. */
export type Names<T> = Readonly<Record<keyof Required<T>, unknown>>;

/** @throws RangeError unless `value` is an integer ≥ 1. */
export function positiveInteger(where: string, name: string, value: number): number {
  return check.integer(where, name, value, 1, adviceFor(name));
}

/** @throws RangeError unless `value` is an integer ≥ 0. */
export function nonNegativeInteger(where: string, name: string, value: number): number {
  return check.integer(where, name, value, 0, adviceFor(name));
}

/** @throws RangeError unless 0 < `value` < ∞. */
export function positive(where: string, name: string, value: number, todo?: string): number {
  return check.positive(where, name, value, todo ?? adviceFor(name));
}

/** @throws RangeError unless 0 ≤ `value` < ∞. */
export function nonNegative(where: string, name: string, value: number): number {
  return check.atLeast(where, name, value, 0, adviceFor(name));
}

/** @throws RangeError unless `value` is one of `allowed`. */
export function oneOf<T extends string>(where: string, name: string, value: T, allowed: readonly T[]): T {
  return check.oneOf(where, name, value, allowed, adviceFor(name));
}

/** @throws TypeError unless `problem` has `n`, `d` and `grad`. */
export function checkProblem(where: string, problem: { n: number; d: number; grad: unknown }): void {
  checkObject(where, 'problem', problem);
  const { grad } = problem;
  if (typeof grad !== 'function') {
    throw new TypeError(check.complaint(where, 'problem.grad', grad, 'a function (client, x, out, noise) => void'));
  }
  positiveInteger(where, 'problem.n', problem.n);
  positiveInteger(where, 'problem.d', problem.d);
}

/** A copy of a vector. @throws RangeError unless it has length `d` and finite entries. */
export function vector(where: string, name: string, value: ArrayLike<number>, d: number): Float64Array {
  if (typeof value !== 'object' || value === null || value.length !== d)
    throw invalid(where, name, value, `an array of ${d} numbers`);
  // Before the copy: it would make numbers of null, texts and dates.
  for (let i = 0; i < d; i++) {
    if (!Number.isFinite(value[i])) throw invalid(where, `${name}[${i}]`, value[i], 'finite');
  }
  return Float64Array.from(value);
}
