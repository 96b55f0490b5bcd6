/** S1-S3: what later work holds against SCAFFOLD. */
import { scalar } from '@assay-ml/numerics';
import type { CellRecord, Claim } from '@assay-ml/claims';
import { across, number, paired, pairs, parameter, select } from '@assay-ml/claims/evidence';

/** H = 10, γ = 0.05 for S1; S2 shrinks γH, the size of what its formula leaves out. */
const BIAS_CENTRE = { N: 8, H: 10, gamma: 0.05 } as const;
const BIAS_CLIENTS = [2, 8, 32] as const;
const SMALL = 1 / 16;
export const BIAS_CONFIGS = [
  ...BIAS_CLIENTS.map((N) => ({ ...BIAS_CENTRE, N })),
  { N: 8, H: 10, gamma: 0.025 },
  { N: 8, H: 10, gamma: 0.0125 },
  { N: 8, H: 10, gamma: 0.00625 },
  { N: 2, H: 10, gamma: 0.00625 },
  { N: 8, H: 4, gamma: 0.0125 },
  { N: 8, H: 1, gamma: 0.05 },
] as const;

/** f‴ > 0 pulls the mean below the minimum: the error is negative, and so is what the formula says. */
const size = (record: CellRecord): number => -number(record, 'error');
const formula = (record: CellRecord): number => -number(record, 'predicted');
const span = (record: CellRecord): number => parameter(record, 'gamma') * parameter(record, 'H');

export const scaffoldBias: readonly Claim[] = [
  {
    id: 'local.S1',
    statement: 'Stochastic SCAFFOLD keeps a stationary bias that does not vanish with the number of clients.',
    source: 'Mangold et al. 2025, arXiv 2503.07594; spec §7',
    kind: 'critique',
    experiments: ['scaffold-bias'],
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'log-ratio',
      min: scalar.log10(0.5),
      words:
        'with 16 times the clients (N = 2 → 32, H = 10) the mean error stays above half (mean log10 ratio ≥ −0.30)',
    },
    expect: 'supported',
    reference: 'ratio 0.62 by the formula of S2',
    evidence: (records) => {
      const at = (N: number): CellRecord[] => select(records, 'scaffold-bias', { ...BIAS_CENTRE, N });
      return paired(across(at(32), size, at(2), size));
    },
    figure: (records) => {
      const chosen = select(records, 'scaffold-bias', BIAS_CENTRE, 'N');
      if (chosen.length === 0) return null;
      return {
        title: 'Stationary mean error of SCAFFOLD, H = 10, γ = 0.05',
        mark: 'line',
        x: { label: 'clients N', scale: 'log' },
        y: { label: '|E x − x*|', scale: 'log' },
        rows: BIAS_CLIENTS.flatMap((N) => {
          const errors = chosen.filter((r) => parameter(r, 'N') === N);
          const sizes = errors.map(size);
          return [
            {
              x: N,
              y: sizes.reduce((sum, v) => sum + v, 0) / sizes.length,
              low: Math.min(...sizes),
              high: Math.max(...sizes),
              series: 'measured',
            },
            { x: N, y: formula(errors[0]!), series: 'formula' },
          ];
        }),
      };
    },
  },
  {
    id: 'local.S2',
    statement:
      'On equal one-dimensional clients the mean error is −f‴σ²/(4f″²)·γ/N − f‴σ²/(12f″)·((H−1)(5H−1)/H)·γ² to leading order.',
    source: 'a later preprint than Mangold et al. 2025, title not found; spec §7',
    kind: 'critique',
    experiments: ['scaffold-bias'],
    tiers: ['standard', 'full'],
    rule: {
      statistic: 'mean-diff',
      min: -0.1,
      max: 0.1,
      unit: 'measured / predicted − 1',
      words: 'measured over predicted mean error less 1 within ±0.1 wherever γH ≤ 1/16, the smallest at hand',
    },
    expect: 'supported',
    reference: 'pilot: −0.07 at γH = 1/16, H = 10',
    evidence: (records) =>
      paired(
        BIAS_CONFIGS.filter((config) => config.gamma * config.H <= SMALL).flatMap((config) =>
          pairs(
            select(records, 'scaffold-bias', config),
            (r) => size(r) / formula(r),
            () => 1,
            `N = ${config.N}, H = ${config.H}, γ = ${config.gamma}`,
          ),
        ),
      ),
    figure: (records) => {
      const chosen = select(records, 'scaffold-bias', { N: 8, H: 10 });
      if (chosen.length === 0) return null;
      return {
        title: 'Measured over predicted mean error, H = 10, N = 8',
        mark: 'line',
        x: { label: 'γH', scale: 'log' },
        y: { label: 'measured / predicted' },
        rows: [...new Set(chosen.map(span))].map((x) => {
          const ratios = chosen.filter((r) => span(r) === x).map((r) => size(r) / formula(r));
          return {
            x,
            y: ratios.reduce((sum, v) => sum + v, 0) / ratios.length,
            low: Math.min(...ratios),
            high: Math.max(...ratios),
          };
        }),
        rules: [{ axis: 'y', at: 1, label: 'formula' }],
      };
    },
  },
  {
    id: 'local.S3',
    statement: 'On deep networks SCAFFOLD often does not beat FedAvg, because sharpness rises to 2/η.',
    source: 'Khandelwal, Crawshaw, Liu, How Edge of Stability Hinders SCAFFOLD in Federated Optimization; spec §7',
    kind: 'critique',
    experiments: [],
    tiers: [],
    rule: { statistic: 'exact', words: 'to be fixed when the networks package exists' },
    expect: 'report',
    reason: 'Needs networks, which this version does not have.',
    evidence: () => ({ kind: 'none', why: 'no experiment yet' }),
  },
];
