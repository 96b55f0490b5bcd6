/**
 * Beyond the paper: the three methods on real images, where no constant is known. All step sizes are tuned on one seed
 * and judged on the seeds after it.
 */
import { howToGet, locate } from '@assay-ml/datasets';
import type { CellRecord, Claim, Evidence, Experiment, Figure, Json } from '@assay-ml/claims';
import type { MethodName } from '@assay-ml/theory-sim';
import { PARTITIONS, type Partition } from '../cells/fashion-data.js';
import { CHECKPOINTS, type FashionConfig } from '../cells/fashion.js';
import { METHODS } from '../cells/who-wins.js';
import { geometricMean, paired, select } from '../evidence.js';
import { LABELS } from './who-wins.js';

/** Weights λ of the regulariser. */
export const LAMBDAS = [0, 1e-3] as const;
/** Seeds reported for each that is tuned. */
const REPORTS = 3;
const SKEWED = ['two-class', 'dirichlet'] as const satisfies readonly Partition[];
const NAMES: Record<Partition, string> = {
  iid: 'IID',
  'two-class': 'two classes a client',
  dirichlet: 'Dirichlet(0.1)',
};

const missing = (): string | null => (locate('fashion-mnist') === null ? howToGet('fashion-mnist') : null);

export const fashionExperiments: readonly Experiment[] = [
  {
    id: 'fashion',
    title: 'Softmax regression on Fashion-MNIST over 10 clients: three methods, three partitions, tuned on one seed',
    module: import.meta.resolve('../cells/fashion.js'),
    cells: (tier, seeds = REPORTS, firstSeed = 0) =>
      tier === 'quick'
        ? []
        : PARTITIONS.flatMap((partition) =>
            LAMBDAS.flatMap((lambda) =>
              METHODS.map((method) => {
                const config: FashionConfig = { partition, lambda, method, reports: seeds };
                return { config, seed: firstSeed };
              }),
            ),
          ),
    cost: (config) => ({ seconds: 12 + 3 * (config as FashionConfig).reports, megabytes: 250 }),
    missing,
  },
];

/** What a cell reports of one seed. */
interface Report {
  readonly seed: number;
  readonly gradientNorm2: readonly number[];
  readonly testAccuracy: number;
}

const reports = (records: readonly CellRecord[], where: Partial<Record<keyof FashionConfig, Json>>): Report[] =>
  select(records, 'fashion', where).flatMap((record) => record.values['reports'] as unknown as Report[]);

const final = (report: Report): number => report.gradientNorm2.at(-1)!;

/** One side of a comparison. */
interface Side {
  readonly partition: Partition;
  readonly method: MethodName;
}

/**
 * Pairs a with b by seed, of both λ. A block is a seed: under both λ it has the same images and the same minibatches, so that
 * its pairs are not independent.
 */
function compare(records: readonly CellRecord[], a: Side, b: Side, of: (report: Report) => number, part: string) {
  return LAMBDAS.flatMap((lambda) => {
    const others = new Map(reports(records, { ...b, lambda }).map((report) => [report.seed, report]));
    return reports(records, { ...a, lambda }).flatMap((report) => {
      const other = others.get(report.seed);
      return other ? [{ block: String(report.seed), a: of(report), b: of(other), part }] : [];
    });
  });
}

/** One method against another on each of some partitions. */
const versus = (
  records: readonly CellRecord[],
  a: MethodName,
  b: MethodName,
  partitions: readonly Partition[],
  of = final,
): Evidence =>
  paired(
    partitions.flatMap((partition) =>
      compare(records, { partition, method: a }, { partition, method: b }, of, NAMES[partition]),
    ),
  );

/** One method on the skewed partitions against itself on IID clients. */
const againstIid = (records: readonly CellRecord[], method: MethodName): Evidence =>
  paired(
    SKEWED.flatMap((partition) =>
      compare(records, { partition, method }, { partition: 'iid', method }, final, NAMES[partition]),
    ),
  );

/** ‖∇f‖² along the rounds, one panel a partition; bands span the seeds. */
function curves(records: readonly CellRecord[], lambda: number): Figure | null {
  const rows = PARTITIONS.flatMap((partition) =>
    METHODS.flatMap((method) => {
      const runs = reports(records, { partition, method, lambda });
      if (runs.length === 0) return [];
      return CHECKPOINTS.map((round, k) => {
        const values = runs.map((run) => run.gradientNorm2[k]!);
        return {
          x: round,
          y: geometricMean(values),
          low: Math.min(...values),
          high: Math.max(...values),
          series: LABELS[method],
          facet: NAMES[partition],
        };
      });
    }),
  );
  if (rows.length === 0) return null;
  return {
    title: `Fashion-MNIST, λ = ${lambda}: gradient along the rounds`,
    mark: 'line',
    x: { label: 'round' },
    y: { label: '‖∇f‖², tuned step size', scale: 'log' },
    rows,
  };
}

const BASE = {
  source: 'ours: real data, not in the paper',
  kind: 'beyond',
  experiments: ['fashion'],
  tiers: ['standard', 'full'],
} as const;
