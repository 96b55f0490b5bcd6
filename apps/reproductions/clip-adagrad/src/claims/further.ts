/** C13-C15: rates in K, and more dimensions. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim } from '@assay-ml/claims';
import { paired, pairs } from '@assay-ml/claims/evidence';
import type { RunsConfig } from '../cells/runs.js';
import { at, batches, QUADRATIC } from '../evidence.js';

type Where = Pick<RunsConfig, 'problem' | 'd' | 'alpha' | 'skewed' | 'set' | 'gamma' | 'steps' | 'runs'>;

const ALPHAS = [1.2, 1.5, 2] as const;
const STEPS = [1000, 3000, 10_000, 30_000] as const;
const rate = (alpha: number, skewed: boolean, steps: number): Where => ({ problem: 'quadratic', d: 1, alpha, skewed, set: 'growth', gamma: 1, steps, runs: 1000 }); // prettier-ignore

/** Tail indices, with symmetric and with skewed noise, and horizons. */
export const RATES: readonly Where[] = ALPHAS.flatMap((alpha) =>
  [false, true].flatMap((skewed) => STEPS.map((steps) => rate(alpha, skewed, steps))),
);

const wide = (problem: Where['problem'], d: number): Where => ({ problem, d, alpha: 1.5, skewed: false, set: 'eight', gamma: 1, steps: 2000, runs: 200 }); // prettier-ignore
const CONVEX = [wide('quadratic', 10), wide('quadratic', 100), wide('logistic', 10)];
const NOT_CONVEX = [wide('rosenbrock', 10), wide('rosenbrock', 100)];

/** Problems in more than one dimension, in batches of 200 runs. */
export const DIMENSIONS: readonly Where[] = [...CONVEX, ...NOT_CONVEX];

const common = { experiments: ['runs'], tiers: ['standard', 'full'] } as const;
const gains = (records: readonly CellRecord[], problems: readonly Where[]) =>
  problems.flatMap((where) => pairs(batches(records, { ...QUADRATIC, ...where }), at(0.9, 'AdaGrad'), at(0.9, 'Clip-AdaGrad'), `${where.problem}, d = ${where.d}`)); // prettier-ignore
const rule = { statistic: 'log-ratio', min: 0, words: 'the 90 % quantile of the error of AdaGrad is above that of Clip-AdaGrad on every problem (γ = 1, L = 1/2, K = 2,000)' } as const; // prettier-ignore

export const further: readonly Claim[] = [
  {
    ...common,
    id: 'clip-adagrad.C13',
    statement:
      'With a level that grows like k^(1/α) the error falls at least as fast as K^(−(α−1)/α), also under skewed noise.',
    source: 'Theorem 2’s rate up to logarithms; spec §4. Last points here, averages there',
    kind: 'paper',
    rule: {
      statistic: 'slope',
      max: 0,
      words: 'slope of log (90 % quantile of (x_K)² · K^((α−1)/α)) on log K at most 0 at K = 1,000 … 30,000 (γ = 1), α = 1.2, 1.5, 2', // prettier-ignore
    },
    expect: 'report',
    reason:
      'the rule allows for no logarithms, γ does not depend on K, and moments of order α itself are infinite: at α = 2 the pilot’s error falls like K^(−0.43)',
    reference: 'exponents −0.167, −0.333, −0.5',
    evidence: (records) => ({
      kind: 'points',
      points: RATES.flatMap(({ alpha, skewed, steps, ...where }) => {
        const part = `α = ${alpha}, ${skewed ? 'skewed' : 'symmetric'}`;
        const chosen = batches(records, { ...where, alpha, skewed, steps });
        if (chosen.length === 0) throw new TypeError(`evidence: no finished batch for '${part}, K = ${steps}'.`);
        return chosen.map((record) => ({
          block: String(record.seed),
          part,
          x: steps,
          y: at(0.9, 'growing')(record) * scalar.pow(steps, (alpha - 1) / alpha),
        }));
      }),
    }),
    figure: (records) => ({
      title: '90 % quantile of (x_K)² at a growing level',
      mark: 'line',
      x: { label: 'horizon K', scale: 'log' },
      y: { label: '(x_K)²', scale: 'log' },
      rows: RATES.flatMap(({ steps, ...where }) => {
        const values = batches(records, { ...where, steps }).map(at(0.9, 'growing'));
        const y = scalar.exp(values.reduce((sum, value) => sum + scalar.log(value), 0) / values.length);
        return values.length === 0 ? [] : [{ x: steps, y, series: `α = ${where.alpha}`, facet: where.skewed ? 'skewed' : 'symmetric' }]; // prettier-ignore
      }),
    }),
  },
  {
    ...common,
    id: 'clip-adagrad.C14',
    statement: 'Clipping helps AdaGrad-Norm on convex problems of more dimensions.',
    source: 'Theorem 2; the paper’s own convex experiment is one-dimensional',
    kind: 'beyond',
    rule,
    expect: 'supported',
    evidence: (records) => paired(gains(records, CONVEX)),
  },
  {
    ...common,
    id: 'clip-adagrad.C15',
    statement: 'Clipping helps AdaGrad-Norm where the problem is not convex.',
    source: 'Theorems 3 and 4; Rosenbrock’s function is ours',
    kind: 'beyond',
    rule,
    expect: 'supported',
    evidence: (records) => paired(gains(records, NOT_CONVEX)),
  },
];
