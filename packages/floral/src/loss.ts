/** Losses on outputs, and their gradients. */
import { scalar } from '@assay-ml/numerics';
import { requireList } from '@assay-ml/numerics/check';

/** Mean squared error over all outputs, as the authors' code has it, or cross-entropy of classes, in nats. */
export type Loss = 'squared' | 'cross-entropy';

/**
 * Mean loss of a batch, and its gradient with respect to the outputs.
 * @param outputs [B, m]
 * @param y targets of all examples: [N, m] of `squared`, [N] classes of `cross-entropy`
 * @param rows [B] which examples
 * @param gradient [B, m], overwritten; null where none is asked for
 * @param each [B] losses of each example, overwritten; null where none are asked for
 * @param shares [B] how much each example counts; null: 1 each
 */
export function lossOf(
  kind: Loss,
  outputs: Float64Array,
  y: ArrayLike<number>,
  rows: Uint32Array,
  gradient: Float64Array | null,
  each: Float64Array | null = null,
  shares: ArrayLike<number> | null = null,
): number {
  const B = rows.length;
  const m = outputs.length / B;
  let sum = 0;
  for (let row = 0; row < B; row++) {
    const at = row * m;
    const share = shares === null ? 1 : shares[row]!;
    let loss = 0;
    if (kind === 'squared') {
      const target = rows[row]! * m;
      for (let j = 0; j < m; j++) {
        const off = outputs[at + j]! - y[target + j]!;
        loss += off * off;
        if (gradient) gradient[at + j] = (2 * share * off) / (B * m);
      }
      loss /= m;
    } else {
      let [largest, total] = [-Infinity, 0];
      for (let j = 0; j < m; j++) largest = Math.max(largest, outputs[at + j]!);
      for (let j = 0; j < m; j++) {
        const e = scalar.exp(outputs[at + j]! - largest);
        total += e;
        if (gradient) gradient[at + j] = e;
      }
      const label = y[rows[row]!]!;
      loss = scalar.log(total) - (outputs[at + label]! - largest);
      if (gradient) {
        for (let j = 0; j < m; j++)
          gradient[at + j] = (share * (gradient[at + j]! / total - (j === label ? 1 : 0))) / B;
      }
    }
    if (each) each[row] = loss;
    sum += share * loss;
  }
  return sum / B;
}

/** How many of the outputs have their largest number at the class; the first of equal ones counts. @throws TypeError for arguments of another kind */
export function correct(outputs: Float64Array, y: ArrayLike<number>, rows: Uint32Array): number {
  requireList('correct', 'outputs', outputs, 'Give the outputs.');
  requireList('correct', 'y', y, 'Give the labels.');
  requireList('correct', 'rows', rows, 'Give the rows.');
  const m = outputs.length / rows.length;
  let right = 0;
  for (let row = 0; row < rows.length; row++) {
    let best = 0;
    for (let j = 1; j < m; j++) if (outputs[row * m + j]! > outputs[row * m + best]!) best = j;
    if (best === y[rows[row]!]) right++;
  }
  return right;
}
