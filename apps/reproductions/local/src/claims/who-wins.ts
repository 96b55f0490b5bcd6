/** C1-C5: who wins on E1, one instance family, the best step size of one grid for each method. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim, Expectation, Figure, Tier } from '@assay-ml/claims';
import type { MethodName } from '@assay-ml/theory-sim';
import { METHODS, type WhoWinsConfig } from '../cells/who-wins.js';
import { across, exactly, number, paired, pairs, parameter, select } from '@assay-ml/claims/evidence';
import { geometricMean } from '../geometric-mean.js';

/**
 * A method's result with its best step size.
 * @throws TypeError when that lies on the edge of the grid: a better one may lie beyond, so no method may be judged by it
 */
const best = (method: MethodName) => (record: CellRecord) => {
  const edge = (record.values['edge'] as Record<string, string | null>)[method];
  if (edge !== null) {
    throw new TypeError(
      `evidence: in cell ${record.id} ${method} is best at the grid's ${edge} edge. Extend the grid.`,
    );
  }
  return number(record, 'gradientNorm2', method);
};
const TWENTIETH = scalar.log10(0.05);

/** Whether a method ends at a twentieth of MbSGD's result on an instance. */
const twentieth = (method: MethodName) => (record: CellRecord) => {
  const value = best(method)(record) / best('minibatchSgd')(record);
  return {
    name: `ζ = ${parameter(record, 'zeta')}, seed ${record.seed}: ${value.toPrecision(3)}`,
    holds: value <= 0.05,
    value,
  };
};

/** δ grid of E1 and the parts of it where LocalSGD should win and lose. */
export const DELTAS = [0, 0.01, 0.03, 0.1, 0.3, 1] as const;
const WINS = [0, 0.01, 0.03];
const LOSES = [0.3, 1];
/** ζ grid of the heterogeneity sweep at δ = 0.1. */
export const ZETAS = [0, 0.1, 0.3, 1, 3, 10] as const;

/** E1's centre: everything a sweep does not vary. The full tier has the spec's large sizes. */
export function centre(tier: Tier): WhoWinsConfig {
  const size =
    tier === 'full'
      ? ({ n: 100, d: 1000, R: 10_000, hessians: 'low-rank' } as const)
      : ({ n: 10, d: 20, R: 50, hessians: 'dense' } as const);
  return { ...size, K: 10, delta: 0.1, zeta: 1, rho: 0, sigma: 0, metric: 'final' };
}

/** The cells at the centre but for some factors; every seed once. */
const at = (records: readonly CellRecord[], tier: Tier, some: Partial<WhoWinsConfig>): CellRecord[] =>
  select(records, 'who-wins', { ...centre(tier), ...some });

/** @throws TypeError when there is none: a condition must not fall away unseen */
function present(cells: readonly CellRecord[], part: string): readonly CellRecord[] {
  if (cells.length === 0) throw new TypeError(`evidence: no finished cell for '${part}'.`);
  return cells;
}

/**
 * C2's conditions: non-decreasing in δ, below MbSGD where the Hessians are similar, above where they are not. On quadratics
 * with δ = 0 both are gradient descent, the same at every seed, which has no interval: that case is C1's, and exact.
 */
function higherOrderSimilarity(records: readonly CellRecord[], tier: Tier, some: Partial<WhoWinsConfig>) {
  const wins = WINS.filter((delta) => delta > 0 || some.rho !== undefined);
  const local = best('localSgd');
  const reference = best('minibatchSgd');
  return paired([
    ...DELTAS.slice(1).flatMap((delta, k) =>
      across(
        at(records, tier, { ...some, delta: DELTAS[k]! }),
        local,
        at(records, tier, { ...some, delta }),
        local,
        `no better at δ = ${delta} than at ${DELTAS[k]}`,
      ),
    ),
    ...wins.flatMap((delta) => pairs(at(records, tier, { ...some, delta }), local, reference, `wins at δ = ${delta}`)),
    ...LOSES.flatMap((delta) =>
      pairs(at(records, tier, { ...some, delta }), reference, local, `loses at δ = ${delta}`),
    ),
  ]);
}

/** The three methods along one factor, all else at the centre; bands over seeds. */
export function lines(
  records: readonly CellRecord[],
  tier: Tier,
  title: string,
  key: 'delta' | 'zeta' | 'K' | 'sigma' | 'rho',
  some: Partial<WhoWinsConfig> = {},
): Figure | null {
  const chosen = select(records, 'who-wins', { ...centre(tier), ...some }, key);
  const points = [...new Set(chosen.map((r) => parameter(r, key)))].sort((a, b) => a - b);
  if (points.length < 2) return null;
  return {
    title,
    mark: 'line',
    x: { label: FACTORS[key], scale: 'point' },
    y: {
      label: some.metric === 'averaged' ? 'mean ‖∇f(x̄_t)‖², best step size' : '‖∇f(x_R)‖², best step size',
      scale: 'log',
    },
    rows: METHODS.flatMap((method) =>
      points.map((x) => {
        const finals = chosen.filter((r) => parameter(r, key) === x).map(best(method));
        return {
          x,
          y: geometricMean(finals),
          low: Math.min(...finals),
          high: Math.max(...finals),
          series: LABELS[method],
        };
      }),
    ),
  };
}

/** One method's result over another's, instance by instance. */
function ratios(
  records: readonly CellRecord[],
  title: string,
  a: MethodName,
  b: MethodName,
  bound: number,
  label: string,
): Figure | null {
  if (records.length === 0) return null;
  return {
    title,
    mark: 'dot',
    x: { label: 'seed of the instance', scale: 'point' },
    y: { label: `‖∇f(x_R)‖² of ${LABELS[a]} / ${LABELS[b]}`, scale: 'log' },
    rows: records.map((r) => ({ x: r.seed, y: best(a)(r) / best(b)(r) })),
    rules: [{ axis: 'y', at: bound, label }],
  };
}

const FACTORS = {
  delta: 'Hessian similarity δ',
  zeta: 'gradient dissimilarity ζ',
  K: 'local steps K',
  sigma: 'noise σ',
  rho: 'non-quadratic part ρ',
} as const;

export const LABELS: Record<MethodName, string> = { minibatchSgd: 'MbSGD', localSgd: 'LocalSGD', scaffold: 'SCAFFOLD' };
const EVERY: readonly Tier[] = ['quick', 'standard', 'full'];
const BASE = { experiments: ['who-wins'], tiers: EVERY } as const;
/** The pilot had the sizes of quick and standard. At the sizes of the full tier nothing was looked at beforehand. */
const piloted = (expectation: Expectation) => ({ quick: expectation, standard: expectation, full: 'report' }) as const;

export const whoWins: readonly Claim[] = [
  {
    ...BASE,
    id: 'local.C1',
    statement:
      'With equal Hessians (δ = 0) LocalSGD beats minibatch SGD by far on quadratics, whatever the gradient dissimilarity ζ.',
    source: 'abstract, claim (i); spec C1',
    kind: 'paper',
    rule: {
      statistic: 'exact',
      words: 'LocalSGD ends at most at 0.05 of MbSGD’s ‖∇f‖² on every instance, for ζ = 0, 1 and 10',
    },
    expect: piloted('supported'),
    reference: {
      value: scalar.log10(0.004),
      words: 'ratio 0.004, equal for every ζ and every seed: with δ = 0 both are plain gradient descent',
    },
    evidence: (records, tier) =>
      exactly(
        [0, 1, 10].flatMap((zeta) => present(at(records, tier, { delta: 0, zeta }), `ζ = ${zeta}`)),
        twentieth('localSgd'),
        'largest ratio to MbSGD',
      ),
    figure: (records, tier) => lines(records, tier, 'Equal Hessians: ζ does not matter', 'zeta', { delta: 0 }),
  },
  {
    ...BASE,
    id: "local.C1'",
    statement: 'The advantage of claim C1, a factor of 20, remains when the objective is not quadratic (ρ = 0.05).',
    source: 'our reading of claim (i) beyond its exact case',
    kind: 'critique',
    rule: {
      statistic: 'log-ratio',
      max: TWENTIETH,
      words: 'LocalSGD ends at most at 0.05 of MbSGD’s ‖∇f‖² at δ = 0, ρ = 0.05 (mean log10 ratio ≤ −1.30)',
    },
    expect: piloted('refuted'),
    reason:
      'Only the factor of 20 is refuted: where the interval lies below 0, LocalSGD is still ahead. Equal Hessians help little once they change along the drift: with M = ρ > 0 the drift by ζ biases the mean gradient (the term M²Δ⁴ζ̄⁴ of the rate), so that LocalSGD needs shorter steps. At ζ = 0 it would win by far.',
    reference: 'ratio 0.39 to 1.59 over instances',
    evidence: (records, tier) =>
      paired(pairs(at(records, tier, { delta: 0, rho: 0.05 }), best('localSgd'), best('minibatchSgd'))),
    figure: (records, tier) => {
      const title = 'Not quadratic (δ = 0, ρ = 0.05), instance by instance';
      return ratios(at(records, tier, { delta: 0, rho: 0.05 }), title, 'localSgd', 'minibatchSgd', 0.05, 'a twentieth');
    },
  },
  {
    ...BASE,
    id: 'local.C2',
    statement:
      'LocalSGD gains from Hessian similarity: its tuned result does not improve as δ grows, it beats MbSGD for δ ≤ 0.03 and loses for δ ≥ 0.3.',
    source: 'abstract, claim (ii); spec C2',
    kind: 'paper',
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words:
        'each condition as a mean log10 ratio ≤ 0: result at a smaller δ over the next larger; LocalSGD over MbSGD for δ = 0.01 and 0.03 (δ = 0 is C1); MbSGD over LocalSGD for δ ≥ 0.3',
    },
    expect: piloted('supported'),
    reference: 'LocalSGD 3.6e-6, 6.0e-5, 1.9e-4, 1.2e-3, 1.0e-2, 9.2e-2 along δ; MbSGD 9.0e-4 throughout',
    evidence: (records, tier) => higherOrderSimilarity(records, tier, {}),
    figure: (records, tier) => lines(records, tier, 'Quadratics (ρ = 0)', 'delta'),
  },
  {
    ...BASE,
    id: "local.C2'",
    statement: 'The order of claim C2 remains when the objective is not quadratic (ρ = 0.05).',
    source: 'our reading of claim (ii) beyond quadratics',
    kind: 'critique',
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'the conditions of C2 at ρ = 0.05, and LocalSGD over MbSGD at δ = 0 too, as mean log10 ratios',
    },
    expect: 'report',
    reason:
      'One condition is close, LocalSGD ahead of MbSGD at δ = 0.03: single instances go either way. The order in δ alone held in 65 % of the instances that prototypes saw.',
    reference: 'LocalSGD 1.4e-5, 1.5e-5, –, 5.5e-4, 7.7e-3, 1.1e-1 along δ; MbSGD 3.3e-5 (one instance)',
    evidence: (records, tier) => higherOrderSimilarity(records, tier, { rho: 0.05 }),
    figure: (records, tier) => lines(records, tier, 'Not quadratic (ρ = 0.05)', 'delta', { rho: 0.05 }),
  },
  {
    ...BASE,
    id: 'local.C2avg',
    statement: 'The order of claim C2 holds in the theorems’ own metric, the mean of ‖∇f‖² over all virtual averages.',
    source: 'ms22 Theorem 1 bounds this mean; spec §6, standard tier',
    kind: 'beyond',
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'the conditions of C2 on (1/T) Σ ‖∇f(x̄_t)‖², step sizes tuned for it',
    },
    expect: piloted('refuted'),
    reason:
      'The mean over all iterates weighs the early rounds, where K local steps are faster than one: at δ = 0.3 LocalSGD still leads.',
    evidence: (records, tier) => higherOrderSimilarity(records, tier, { metric: 'averaged' }),
    figure: (records, tier) => lines(records, tier, 'The theorems’ metric (ρ = 0)', 'delta', { metric: 'averaged' }),
  },
  {
    ...BASE,
    id: 'local.C3',
    statement: 'SCAFFOLD beats minibatch SGD by far when δ ≤ 0.1, on quadratics and beyond.',
    source: 'abstract, claim (iii); spec C3',
    kind: 'paper',
    rule: {
      statistic: 'log-ratio',
      max: TWENTIETH,
      words:
        'SCAFFOLD ends at most at 0.05 of MbSGD’s ‖∇f‖² for δ = 0.01, 0.03, 0.1 at ρ = 0 and ρ = 0.05, and for δ = 0 at ρ = 0.05 (mean log10 ratio ≤ −1.30 in each)',
    },
    expect: piloted('supported'),
    reference: 'ratio 0.004 to 0.007 at ρ = 0; 3e-5 to 9e-4 at ρ = 0.05',
    evidence: (records, tier) =>
      paired(
        [0, 0.05].flatMap((rho) =>
          [0, 0.01, 0.03, 0.1]
            .filter((delta) => delta > 0 || rho > 0)
            .flatMap((delta) =>
              pairs(
                at(records, tier, { delta, rho }),
                best('scaffold'),
                best('minibatchSgd'),
                `δ = ${delta}, ρ = ${rho}`,
              ),
            ),
        ),
      ),
    figure: (records, tier) => lines(records, tier, 'Beyond quadratics (ρ = 0.05)', 'delta', { rho: 0.05 }),
  },
  {
    ...BASE,
    id: 'local.C3eq',
    statement: 'On quadratics with equal Hessians (δ = 0) SCAFFOLD beats minibatch SGD by far.',
    source: 'abstract, claim (iii); spec C3',
    kind: 'paper',
    rule: {
      statistic: 'exact',
      words: 'SCAFFOLD ends at most at 0.05 of MbSGD’s ‖∇f‖² on every instance (δ = 0, ρ = 0)',
    },
    expect: piloted('supported'),
    reference: 'ratio 0.004, equal for every seed: with δ = 0 both are plain gradient descent',
    evidence: (records, tier) =>
      exactly(at(records, tier, { delta: 0 }), twentieth('scaffold'), 'largest ratio to MbSGD'),
  },
  {
    ...BASE,
    id: 'local.C4',
    statement: 'SCAFFOLD loses its advantage on quadratics when the Hessians differ as much as they curve (δ = L).',
    source: 'the speed-up min(K, L/δ) of Karimireddy et al. 2020 for δ-similar quadratics; spec C4',
    kind: 'beyond',
    rule: {
      statistic: 'log-ratio',
      min: 0,
      words: 'SCAFFOLD ends no lower than MbSGD at δ = 1 = L (mean log10 ratio ≥ 0)',
    },
    expect: piloted('supported'),
    reference: { value: scalar.log10(1.9), words: 'ratio 1.9: 1.74e-3 against 8.97e-4' },
    evidence: (records, tier) => paired(pairs(at(records, tier, { delta: 1 }), best('scaffold'), best('minibatchSgd'))),
    figure: (records, tier) =>
      ratios(at(records, tier, { delta: 1 }), 'At δ = L, instance by instance', 'scaffold', 'minibatchSgd', 1, 'level'),
  },
  {
    ...BASE,
    id: 'local.C5',
    statement:
      'SCAFFOLD hardly feels moderate gradient dissimilarity (ζ = 0 → 3), LocalSGD feels a large one (ζ = 0 → 10).',
    source: 'abstract, claim (iii); spec C5',
    kind: 'paper',
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words:
        'SCAFFOLD’s ‖∇f‖² at ζ = 3 is below 5 times its value at ζ = 0; LocalSGD’s at ζ = 10 at least 4 times its value at ζ = 0 (mean log10 of value over bound ≤ 0 in both, δ = 0.1)',
    },
    expect: piloted('supported'),
    reference: 'SCAFFOLD 1.3e-5 / 6.6e-6 = 2; LocalSGD 5.2e-3 / 8.7e-4 = 6',
    evidence: (records, tier) => {
      const scaffold = best('scaffold');
      const local = best('localSgd');
      return paired([
        ...across(
          at(records, tier, { zeta: 3 }),
          scaffold,
          at(records, tier, { zeta: 0 }),
          (r) => 5 * scaffold(r),
          'SCAFFOLD, ζ = 3 against 5 × ζ = 0',
        ),
        ...across(
          at(records, tier, { zeta: 0 }),
          (r) => 4 * local(r),
          at(records, tier, { zeta: 10 }),
          local,
          'LocalSGD, 4 × ζ = 0 against ζ = 10',
        ),
      ]);
    },
    figure: (records, tier) => lines(records, tier, 'Gradient dissimilarity at δ = 0.1', 'zeta'),
  },
  {
    ...BASE,
    id: "local.C5'",
    statement: 'SCAFFOLD’s result grows less than LocalSGD’s over the same range of dissimilarity, ζ = 0 → 10.',
    source: 'our reading of claim (iii): C5 compares different ranges',
    kind: 'critique',
    rule: {
      statistic: 'log-ratio',
      max: 0,
      words: 'growth of ‖∇f‖² from ζ = 0 to ζ = 10 at δ = 0.1, SCAFFOLD’s over LocalSGD’s (mean log10 ratio ≤ 0)',
    },
    expect: 'report',
    reason:
      'Not in the specification, and written after the pilot: SCAFFOLD’s growth was seen to be of the same order.',
    reference: 'SCAFFOLD 4.7e-5 / 6.6e-6 = 7; LocalSGD 5.2e-3 / 8.7e-4 = 6 (one instance)',
    evidence: (records, tier) => {
      const growth = (method: MethodName) =>
        across(at(records, tier, { zeta: 10 }), best(method), at(records, tier, { zeta: 0 }), best(method));
      const local = growth('localSgd');
      return paired(
        growth('scaffold').map(({ block, a, b }, k) => ({ block, a: a / b, b: local[k]!.a / local[k]!.b })),
      );
    },
  },
];
