/** How many clusters and how much of a budget are worth it. */
import { invalid } from '@assay-ml/numerics/check';
import type { Problem } from './model.js';
import { stats } from './layout.js';
import type { Rank } from './rank.js';
import { type Federation, type Report, train, type TrainOptions } from './train.js';

/** One training of a sweep. */
export interface Swept {
  readonly clusters: number;
  readonly rank: Rank;
  /** Parameters that all adaptors add, in per cent of the base. */
  readonly percent: number;
  readonly report: Report;
}

/**
 * Trains one federation with every number of clusters and every rank.
 * @param problemOf lays out the model
 * @param optionsOf options of the training with so many clusters, its method among them
 * @returns all trainings in order, and the elbow: the fewest parameters whose mean loss is within `slack` of the least
 * @param slack relative, default 0.05
 * @throws RangeError for empty lists, or a federation without tests
 */
export function sweep(
  problemOf: (clusters: number, rank: Rank) => Problem,
  federation: Federation,
  optionsOf: (clusters: number) => TrainOptions,
  clusters: readonly number[],
  ranks: readonly Rank[],
  slack = 0.05,
): { readonly all: readonly Swept[]; readonly elbow: Swept } {
  if (clusters.length === 0 || ranks.length === 0) throw invalid('sweep', 'clusters and ranks', [clusters.length, ranks.length], 'lists of at least one each'); // prettier-ignore
  if (federation.tests === undefined) throw invalid('sweep', 'tests', undefined, 'there, one a client', 'It compares losses on them.'); // prettier-ignore
  const all = clusters.flatMap((C) =>
    ranks.map((rank): Swept => {
      const problem = problemOf(C, rank);
      const { run } = train(problem, federation, optionsOf(C));
      return { clusters: C, rank, percent: stats(problem.model.layout).percent, report: run.reports.at(-1)! };
    }),
  );
  const least = Math.min(...all.map(({ report }) => report.loss.mean));
  const enough = all.filter(({ report }) => report.loss.mean <= (1 + slack) * least);
  return { all, elbow: enough.reduce((a, b) => (b.percent < a.percent ? b : a)) };
}
