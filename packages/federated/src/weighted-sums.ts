import { complaint, invalid } from '@assay-ml/numerics/check';

/** Arrays of numbers that clients send. */
export type Numbers = Float32Array | Float64Array;

/**
 * Weighted sums of the clients' arrays: out_c = Σ_s weights[c, s] rows_s, summed in the order of the rows, on doubles.
 *
 * A mean with weights that differ by cluster is such a sum over that of its weights, so that both may be added securely.
 * @param rows [S] one array a client, all of length d
 * @param weights [C·S] row-major, finite
 * @param out [C·d], overwritten
 * @returns out
 * @throws TypeError for rows that are no typed arrays; RangeError when the sizes do not fit, or a weight is not finite
 */
export function weightedSums<T extends Numbers>(rows: readonly Numbers[], weights: ArrayLike<number>, out: T): T {
  if (!Array.isArray(rows) || rows.some((row: unknown) => !ArrayBuffer.isView(row))) {
    throw new TypeError(complaint('weightedSums', 'rows', rows, 'a list of typed arrays', 'Give one a client.'));
  }
  const S = rows.length;
  const C = weights.length / S;
  const d = rows[0]?.length ?? 0;
  const other = rows.findIndex((row) => row.length !== d);
  if (other >= 0) throw invalid('weightedSums', `rows[${other}]`, rows[other], `of length ${d}, as the first`, 'All clients send the same variables.'); // prettier-ignore
  if (S === 0 || !Number.isInteger(C) || C < 1 || out.length !== C * d) {
    throw new RangeError(`weightedSums: 'rows', 'weights' and 'out' are of lengths ${S}, ${weights.length} and ${out.length}; must be S ≥ 1, C·S and C·${d}.`); // prettier-ignore
  }
  const sum = new Float64Array(d);
  for (let c = 0; c < C; c++) {
    sum.fill(0);
    for (let s = 0; s < S; s++) {
      const weight = weights[c * S + s]!;
      if (!Number.isFinite(weight)) throw invalid('weightedSums', `weights[${c * S + s}]`, weight, 'finite');
      const row = rows[s]!;
      for (let j = 0; j < d; j++) sum[j]! += weight * row[j]!;
    }
    out.set(sum, c * d);
  }
  return out;
}
