/** C6: the error as a function of the clip level. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim } from '@assay-ml/claims';
import { paired, pairs } from '@assay-ml/claims/evidence';
import { at, batches, gammaText, pooled, QUADRATIC } from '../evidence.js';
import { LEVELS } from '../methods.js';

/** Where C6 and its critique look. */
export const SHORT = { gamma: 1 / 16, steps: 2000 } as const;
export const LONG = { gamma: 1 / 16, steps: 10_000 } as const;

/** Where the best level is looked for. */
const INSIDE = LEVELS.filter((level) => level >= 0.25 && level <= 1);
const text = (level: number) => (level > 1e6 ? 'no clipping' : `L = ${level}`);

/** Medians of batches from the best inside outwards: each level outside against its neighbour towards the inside. */
function outwards(records: readonly CellRecord[], where: { gamma: number; steps: number }) {
  const chosen = batches(records, { ...QUADRATIC, ...where, set: 'levels' });
  const median = (level: number) => at(0.5, String(level));
  const best = (record: CellRecord) => Math.min(...INSIDE.map((level) => median(level)(record)));
  const [below, above] = [LEVELS.filter((level) => level < 0.25).reverse(), LEVELS.filter((level) => level > 1)];
  return [below, above].flatMap((side) =>
    side.flatMap((level, k) => pairs(chosen, median(level), k === 0 ? best : median(side[k - 1]!), text(level))),
  );
}

const rule = {
  statistic: 'log-ratio',
  min: 0,
  words: 'from the best level in [0.25, 1] outwards the median of (x_K)² grows from level to level, on both sides',
} as const;

export const levels: readonly Claim[] = [
  {
    id: 'clip-adagrad.C6',
    statement: 'The error is U-shaped in the clip level, best in [0.25, 1], at γ = 1/16 and K = 2,000.',
    source: 'spec C6: the level is the one number that the paper tunes',
    kind: 'beyond',
    experiments: ['runs'],
    tiers: ['quick', 'standard', 'full'],
    rule,
    expect: 'supported',
    reference: '0.49 at 0.05, 1.3e-3 at 0.5, 0.42 at 100, 0.50 without',
    evidence: (records) => paired(outwards(records, SHORT)),
    figure: (records) => ({
      title: 'Median of (x_K)² by the clip level, γ = 1/16',
      mark: 'line',
      x: { label: 'clip level L', scale: 'log' },
      y: { label: '(x_K)²', scale: 'log' },
      rows: [SHORT, LONG].flatMap((where) => {
        const chosen = batches(records, { ...QUADRATIC, ...where, set: 'levels' });
        return LEVELS.slice(0, -1).map((x) => ({ x, y: pooled(chosen, 0.5, String(x)), series: `K = ${where.steps}` }));
      }),
    }),
  },
  {
    id: 'clip-adagrad.C6-prime',
    statement: 'The same at K = 10,000.',
    source: 'beyond C6’s horizon',
    kind: 'critique',
    experiments: ['runs'],
    tiers: ['quick', 'standard', 'full'],
    rule,
    expect: 'refuted',
    reason: 'once the iterates have arrived, a smaller level is better: the best level falls with γK',
    evidence: (records) => paired(outwards(records, LONG)),
    figure(records) {
      const all = batches(records, { ...QUADRATIC, set: 'levels' });
      const keys = [...new Set(all.map(({ config }) => JSON.stringify(config)))];
      return {
        title: 'The best clip level over (γ, K)',
        mark: 'heat',
        x: { label: 'horizon K', scale: 'point' },
        y: { label: 'step size γ', scale: 'point' },
        color: { label: 'log2 of the level with the least median; 0 is L = 1' },
        rows: keys.map((key) => {
          const { gamma, steps } = JSON.parse(key) as { gamma: number; steps: number };
          const chosen = batches(all, { gamma, steps });
          const best = LEVELS.reduce((a, b) =>
            pooled(chosen, 0.5, String(b)) < pooled(chosen, 0.5, String(a)) ? b : a,
          );
          return { x: steps, y: gammaText(gamma), value: scalar.log2(best) };
        }),
      };
    },
  },
];
