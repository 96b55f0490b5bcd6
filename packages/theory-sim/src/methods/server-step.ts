import { refuseResult } from '@assay-ml/numerics/check';
import type { ServerUpdate } from './options.js';

/** The server's step from `x` and the clients' mean to `next`: x + η_g (mean − x), or the caller's update. */
export function serverStep(
  d: number,
  etaOuter: number,
  update: ServerUpdate | undefined,
): (x: Float64Array, mean: Float64Array, next: Float64Array, round: number) => void {
  if (update === undefined) {
    // η_g = 1 is the mean itself, without a rounding more.
    if (etaOuter === 1) return (_x, mean, next) => next.set(mean);
    return (x, mean, next) => {
      for (let j = 0; j < d; j++) next[j] = x[j]! + etaOuter * (mean[j]! - x[j]!);
    };
  }
  const pseudoGradient = new Float64Array(d);
  return (x, mean, next, round) => {
    for (let j = 0; j < d; j++) pseudoGradient[j] = x[j]! - mean[j]!;
    next.set(x);
    applyUpdate(update, next, pseudoGradient, round);
  };
}

/** The caller's update. @throws TypeError when it returns the new point instead of changing `x` */
export function applyUpdate(update: ServerUpdate, x: Float64Array, pseudoGradient: Float64Array, round: number): void {
  const returned: unknown = update(x, pseudoGradient, round);
  refuseResult('serverUpdate', "'x'", returned, x, 'x.set(…) takes a new point.');
}
