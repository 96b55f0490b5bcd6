import { median } from '@assay-ml/numerics';
import { invalid, requireList, requireOptions } from '@assay-ml/numerics/check';

/** How clients fare, in every way in which it is reported: which mean was meant is never left open. */
export type Evaluation = {
  /** Each client counts the same. */
  readonly mean: number;
  /** Each example counts the same. */
  readonly weighted: number;
  readonly median: number;
  /** Of the client that fares worst, and its number among those evaluated. */
  readonly worst: number;
  readonly worstClient: number;
  /** Mean of the lowest tenth of the clients, at least one. */
  readonly lowestDecile: number;
  /** Plain mean of each true cluster, in order; empty where the truth is not known. */
  readonly clusters: readonly number[];
};

/** Options of `evaluation`. */
export interface EvaluationOptions {
  /** [K] the true cluster of each client, from 0 on, where it is known. */
  readonly truth?: ArrayLike<number> | undefined;
  /** Smaller is better, as of losses. Default false: larger is, as of accuracies. */
  readonly lower?: boolean;
}

/**
 * Sums up one number of each client.
 * @param values [K]
 * @param sizes [K] test examples of each client, positive
 * @throws TypeError for arguments of another kind; RangeError for no client, lengths that differ, a value that is not finite (naming its client) or a size that is not positive
 */
export function evaluation(
  values: ArrayLike<number>,
  sizes: ArrayLike<number>,
  options: EvaluationOptions = {},
): Evaluation {
  requireOptions<EvaluationOptions>('evaluation', options, { truth: 1, lower: 1 });
  requireList('evaluation', 'values', values, 'Give one number a client.');
  requireList('evaluation', 'sizes', sizes, 'Give the test examples of each client.');
  const { truth, lower = false } = options;
  const K = values.length;
  if (K === 0 || sizes.length !== K || (truth !== undefined && truth.length !== K)) {
    throw new RangeError(`evaluation: 'values', 'sizes' and 'truth' are of lengths ${K}, ${sizes.length} and ${truth?.length ?? 'none'}; must be of one, at least 1.`); // prettier-ignore
  }
  let [sum, weighted, total] = [0, 0, 0];
  for (let k = 0; k < K; k++) {
    if (!Number.isFinite(values[k])) throw invalid('evaluation', `values[${k}]`, values[k], 'finite', 'That client’s model has diverged.'); // prettier-ignore
    if (!(sizes[k]! > 0 && sizes[k]! < Infinity)) throw invalid('evaluation', `sizes[${k}]`, sizes[k], 'finite and positive', 'Leave out clients without a test.'); // prettier-ignore
    sum += values[k]!;
    weighted += sizes[k]! * values[k]!;
    total += sizes[k]!;
  }
  const sign = lower ? -1 : 1;
  const worstFirst = Array.from({ length: K }, (_, k) => k).sort((a, b) => sign * (values[a]! - values[b]!) || a - b);
  const tenth = worstFirst.slice(0, Math.max(1, Math.floor(K / 10)));
  const groups: number[][] = [];
  if (truth !== undefined) for (let k = 0; k < K; k++) (groups[truth[k]!] ??= []).push(values[k]!);
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  return {
    mean: sum / K,
    weighted: weighted / total,
    median: median(Array.from(values)),
    worst: values[worstFirst[0]!]!,
    worstClient: worstFirst[0]!,
    lowestDecile: mean(tenth.map((k) => values[k]!)),
    clusters: Array.from(groups, (group) => mean(group ?? [])),
  };
}
