/**
 * Minimisation in a box by projected L-BFGS, for the methods that their authors solve by scipy's L-BFGS-B: two-loop directions
 * on the variables that are free, a line search along the projected path. No package on npm does it with bounds.
 *
 * Variables at a bound whose gradient pushes outwards are fixed for the step (Bertsekas, "Projected Newton methods", 1982);
 * pairs of the memory are cut to the free variables, as in Schmidt's L-BFGS-B of `minConf`.
 */
import { invalid, options as known, requireList } from './check.js';

/** Options of {@link minimiseInBox}; defaults are scipy's. */
export interface BoxOptions {
  /** [n] each; default none. */
  readonly lower?: Float64Array;
  readonly upper?: Float64Array;
  /** Pairs of the memory. Default 10. */
  readonly memory?: number;
  /** Iterations at most. Default 15000. */
  readonly iterations?: number;
  /** It stops once (f_k − f_{k+1}) / max(|f_k|, |f_{k+1}|, 1) is at most this. Default 2.22e-9. */
  readonly ftol?: number;
  /** It stops once no component of the projected gradient is larger than this. Default 1e-5. */
  readonly gtol?: number;
}

/** Where the search ended. */
export interface BoxResult {
  readonly x: Float64Array<ArrayBuffer>;
  readonly value: number;
  readonly iterations: number;
  readonly evaluations: number;
}

const clamp = (value: number, low: number, high: number): number => (value < low ? low : value > high ? high : value);

function inner(a: Float64Array, b: Float64Array, free: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) if (free[i] === 1) sum += a[i]! * b[i]!;
  return sum;
}

/**
 * Minimises a function in a box, or without bounds.
 * @param evaluate writes the gradient and returns the value
 * @param x0 start; brought into the box
 * @throws TypeError for arguments of another kind; RangeError if the value at the start is not finite
 */
export function minimiseInBox(
  evaluate: (x: Float64Array, gradient: Float64Array) => number,
  x0: Float64Array,
  options: BoxOptions = {},
): BoxResult {
  known('minimiseInBox', options, { lower: 0, upper: 0, memory: 0, iterations: 0, ftol: 0, gtol: 0 });
  requireList('minimiseInBox', 'x0', x0, 'Give the start.');
  const { lower, upper, memory = 10, iterations = 15000, ftol = 2.220446049250313e-9, gtol = 1e-5 } = options;
  const n = x0.length;
  const low = lower ?? new Float64Array(n).fill(-Infinity);
  const high = upper ?? new Float64Array(n).fill(Infinity);
  const x = Float64Array.from(x0, (value, i) => clamp(value, low[i]!, high[i]!));
  const g = new Float64Array(n);
  const trial = new Float64Array(n);
  const trialG = new Float64Array(n);
  const direction = new Float64Array(n);
  const free = new Uint8Array(n);
  let pairs: { s: Float64Array; y: Float64Array }[] = [];
  let value = evaluate(x, g);
  let evaluations = 1;
  if (!Number.isFinite(value)) {
    throw invalid('minimiseInBox', 'evaluate(x0)', value, 'finite', 'Start where the function is defined.');
  }
  let iteration = 0;
  for (; iteration < iterations; iteration++) {
    let largest = 0;
    for (let i = 0; i < n; i++) {
      const projected = clamp(x[i]! - g[i]!, low[i]!, high[i]!) - x[i]!;
      largest = Math.max(largest, Math.abs(projected));
      free[i] = Number(projected !== 0);
    }
    if (largest <= gtol) break;
    twoLoop();
    let slope = inner(g, direction, free);
    if (!(slope < 0)) {
      pairs = [];
      twoLoop();
      slope = inner(g, direction, free);
    }
    // Along the projected path, halving until the decrease is a ten-thousandth of what the gradient promises.
    let step = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(inner(g, g, free)));
    let next = Infinity;
    let accepted = false;
    for (let halving = 0; halving < 40; halving++) {
      let promised = 0;
      for (let i = 0; i < n; i++) {
        trial[i] = clamp(x[i]! + step * direction[i]!, low[i]!, high[i]!);
        promised += g[i]! * (trial[i]! - x[i]!);
      }
      next = evaluate(trial, trialG);
      evaluations++;
      if (next <= value + 1e-4 * promised) {
        accepted = true;
        break;
      }
      // The minimum of the parabola through both values, within a tenth and a half of the step.
      const parabola = (-promised * step) / (2 * (next - value - promised));
      step = Number.isFinite(next) ? clamp(parabola, 0.1 * step, 0.5 * step) : 0.1 * step;
    }
    if (!accepted) {
      if (pairs.length === 0) break;
      pairs = [];
      continue;
    }
    const s = new Float64Array(n);
    const y = new Float64Array(n);
    let sy = 0;
    let yy = 0;
    for (let i = 0; i < n; i++) {
      s[i] = trial[i]! - x[i]!;
      y[i] = trialG[i]! - g[i]!;
      sy += s[i]! * y[i]!;
      yy += y[i]! * y[i]!;
    }
    if (sy > 2.2e-16 * yy) {
      pairs.push({ s, y });
      if (pairs.length > memory) pairs.shift();
    }
    const change = (value - next) / Math.max(Math.abs(value), Math.abs(next), 1);
    x.set(trial);
    g.set(trialG);
    value = next;
    if (change <= ftol) break;
  }
  return { x, value, iterations: iteration, evaluations };

  /** direction ← −Hg on the free variables, 0 elsewhere. */
  function twoLoop(): void {
    for (let i = 0; i < n; i++) direction[i] = free[i] === 1 ? -g[i]! : 0;
    const used = pairs
      .map(({ s, y }) => ({ s, y, sy: inner(s, y, free), alpha: 0 }))
      .filter(({ y, sy }) => sy > 2.2e-16 * inner(y, y, free));
    for (const pair of used.toReversed()) {
      pair.alpha = inner(pair.s, direction, free) / pair.sy;
      for (let i = 0; i < n; i++) if (free[i] === 1) direction[i]! -= pair.alpha * pair.y[i]!;
    }
    const last = used.at(-1);
    if (last !== undefined) {
      const scale = last.sy / inner(last.y, last.y, free);
      for (let i = 0; i < n; i++) direction[i]! *= scale;
    }
    for (const { s, y, sy, alpha } of used) {
      const beta = inner(y, direction, free) / sy;
      for (let i = 0; i < n; i++) if (free[i] === 1) direction[i]! += (alpha - beta) * s[i]!;
    }
  }
}
