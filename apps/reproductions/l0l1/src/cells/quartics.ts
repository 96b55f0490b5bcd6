/** The authors' two quartics, on their data (spec §5.1, §5.3). Made once a process. */
import { minibatch, quartic, type Problem, type SmoothFamily } from '@assay-ml/theory-sim';
import { numpyUniform } from '../numpy-random.js';

const ROWS = 1000;
const CLIENTS = 10;
export const DIMENSION = 100;

let line: SmoothFamily | null = null;
let many: { readonly family: SmoothFamily; readonly problem: Problem } | null = null;

/** f(x) = (1/1000) Σ (x − a_i)⁴, a_i uniform in [−10, 10], one node. */
export function oneDimensional(): SmoothFamily {
  return (line ??= quartic({ d: 1, points: [numpyUniform(0, ROWS)] }));
}

/** f(x) = (1/1000) Σ ‖x − a_i‖⁴ in 100 dimensions, the a_i sorted by length in blocks of 100 over ten clients. */
export function hundredDimensional(): { readonly family: SmoothFamily; readonly problem: Problem } {
  if (many) return many;
  const numbers = numpyUniform(0, ROWS * DIMENSION);
  const rows = Array.from({ length: ROWS }, (_, i) => numbers.subarray(i * DIMENSION, (i + 1) * DIMENSION))
    .map((row) => ({ row, size: row.reduce((sum, a) => sum + a * a, 0) }))
    .sort((a, b) => a.size - b.size);
  const share = ROWS / CLIENTS;
  const points = Array.from({ length: CLIENTS }, (_, m) => {
    const own = new Float64Array(share * DIMENSION);
    rows.slice(m * share, (m + 1) * share).forEach(({ row }, i) => own.set(row, i * DIMENSION));
    return own;
  });
  const family = quartic({ d: DIMENSION, points });
  return (many = { family, problem: wholeBatches(family) });
}

/** Every local gradient over all rows of a client, as the authors' experiments have them. */
export function wholeBatches(family: SmoothFamily): Problem {
  const problem = minibatch(family, 1);
  return { ...problem, exact: true, grad: (client, x, out) => family.clientGradient(client, x, out) };
}
