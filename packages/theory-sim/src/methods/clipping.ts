/**
 * Steps that adapt to the gradient: g scaled by a function of its global norm ‖g‖ (never by layer).
 *
 * paper → code: γ = 1/(c0 + c1‖g‖) → `smoothClip`, min(1, cl/‖g‖) → `hardClip`; (step size, clip level) → (c0, c1) →
 * `clipConstants`.
 */
import { requireKeys, requireOptions } from '@assay-ml/numerics/check';
import { nonNegative, positive } from '../check.js';
import { squaredNorm } from '../vectors.js';
import type { ServerUpdate } from './options.js';

/** Factor of g for its norm. */
export type Scale = (norm: number) => number;

/** The constants of a smoothly clipped step g/(c0 + c1‖g‖). */
export interface ClipConstants {
  /** c0 > 0; 1/c0 is the step size for small g. */
  readonly c0: number;
  /** c1 ≥ 0; a step is never longer than 1/c1. 0: no clipping. */
  readonly c1: number;
}

/**
 * The constants of a step size and a clip level: c0 = 1/(2·lr), c1 = c0/level, so that the step is 2·lr·g/(1 + ‖g‖/level):
 * about 2·lr·g for small g and 2·lr·level·g/‖g‖ for large g (spec of (L0, L1), §3.2).
 * @throws RangeError unless both are finite and > 0
 */
export function clipConstants(lr: number, level: number): ClipConstants {
  const c0 = 1 / (2 * positive('clipConstants', 'lr', lr));
  return { c0, c1: c0 / positive('clipConstants', 'level', level) };
}

/** @throws RangeError unless c0 is finite and > 0, and c1 finite and ≥ 0. */
export function checkClip(where: string, constants: ClipConstants): ClipConstants {
  requireKeys(where, 'constants', constants, ['c0', 'c1'], 'clipConstants() makes them.');
  const { c0, c1 } = constants;
  return { c0: positive(where, 'c0', c0), c1: nonNegative(where, 'c1', c1) };
}

/** ‖g‖ ↦ 1/(c0 + c1‖g‖). */
export function smoothClip({ c0, c1 }: ClipConstants): Scale {
  return (norm) => 1 / (c0 + c1 * norm);
}

/** ‖g‖ ↦ min(1, level/‖g‖). */
export function hardClip(level: number): Scale {
  return (norm) => Math.min(1, level / norm);
}

/**
 * The server's step x ← x − g/(c0 + c1‖g‖) as a `serverUpdate`, for methods whose own step is another.
 * @throws RangeError for other constants
 * @example
 * localSgd(problem, { eta, K, R, x0, serverUpdate: clippedUpdate({ c0: 1, c1: 0.1 }) });
 */
export function clippedUpdate(constants: ClipConstants): ServerUpdate {
  requireOptions('clippedUpdate', constants, { c0: 1, c1: 1 }, 'constants');
  const scale = smoothClip(checkClip('clippedUpdate', constants));
  return (x, g) => {
    const gamma = scale(Math.sqrt(squaredNorm(g)));
    for (let j = 0; j < x.length; j++) x[j] = x[j]! - gamma * g[j]!;
  };
}
