/** Weights that a method cannot reach: Adam moves each entry by at most its step size an iteration. */
import { type Method } from './learn.js';

/** Step size times iterations, by the defaults of the methods. */
const REACH: Partial<Record<Method, number>> = {
  dagma: 3e-4 * (4 * 30000 + 60000),
  'golem-ev': 1e-3 * 1e5,
  'golem-nv': 1e-3 * 2e5,
};

/** A warning where a variable's slope on another is out of reach; it names the worst pair. */
export function unreachable(covariance: Float64Array, d: number, method: Method, names: readonly string[]): string[] {
  const reach = REACH[method] ?? Infinity;
  const slope = Float64Array.from(covariance, (value, at) =>
    at % (d + 1) === 0 ? 0 : Math.abs(value / covariance[Math.floor(at / d) * (d + 1)]!),
  );
  const [i, most] = slope.reduce((best, value, at) => (value > best[1]! ? [at, value] : best), [0, 0]);
  if (most! <= reach) return [];
  return [
    `A change of ${names[Math.floor(i! / d)]} by 1 goes with one of ${names[i! % d]} by ${most!.toPrecision(3)}, and ${method} cannot reach weights above ${reach.toPrecision(2)} in its steps: scale the variables.`,
  ];
}
