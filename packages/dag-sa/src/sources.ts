/** Where batches come from: rows of a table with replacement. Simulated ones: simulate.ts. */
import { stream } from '@assay-ml/numerics';
import { integer, options as known } from '@assay-ml/numerics/check';
import { flatTable } from './check.js';

/** An endless source of rows. */
export interface BatchSource {
  /** Variables. */
  readonly d: number;
  /** Fills `out`, [any number of rows, d]. */
  next(out: Float64Array): void;
}

/**
 * Rows of a table, drawn with replacement ("fixed n").
 * @param X [n, d], flat, row by row
 * @param options settings
 * @param options.seed default 0
 */
export function rowSource(X: Float64Array, n: number, d: number, options: { seed?: number } = {}): BatchSource {
  known('rowSource', options, { seed: 0 });
  const { seed = 0 } = options;
  integer('rowSource', 'n', n, 1, 'Count the rows.');
  flatTable('rowSource', X, n, d);
  const draw = stream(seed, 'rows');
  let uniforms = new Float64Array(0);
  return {
    d,
    next(out) {
      const rows = out.length / d;
      if (uniforms.length !== rows) uniforms = new Float64Array(rows);
      draw.fillUniform(uniforms);
      for (let r = 0; r < rows; r++) {
        const from = Math.floor(uniforms[r]! * n) * d;
        for (let j = 0; j < d; j++) out[r * d + j] = X[from + j]!;
      }
    },
  };
}
