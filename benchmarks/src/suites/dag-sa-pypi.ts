/** ψDAG and DAGMA beside whole runs of the packages on PyPI, minutes each: the environment takes gigabytes. */
import * as paper from '@assay-ml/dag-sa';
import type { Benchmark } from '../benchmark.js';
import { toCriterion } from './dag-sa.js';

/** Rows that the packages learn from, as in the paper. */
const ROWS = 5000;

/** The whole path of the package's defaults. */
function dagma(d: number, checksum: number): Benchmark {
  return {
    name: `DAGMA, d = ${d}, two turns`,
    checksum,
    per: { count: 1, unit: 'run' },
    turns: 2,
    tolerance: 1e-2, // Adam stops by a relative change of 1e-6
    peers: [{ name: 'dagma', runtime: 'pypi', variant: 'dagma', goal: 1 }],
    prepare() {
      const X = paper.linearSem(paper.simulateDag({ d, degree: 2 }), d).sample(ROWS);
      const { covariance } = paper.moments(X, ROWS, d);
      let W = new Float64Array(0);
      return {
        run: () => void (W = paper.dagma(covariance, d).W),
        result: () => W.map((w) => (Math.abs(w) < 0.3 ? 0 : w)), // as the package does
        inputs: { X: { shape: [ROWS, d], values: X } },
      };
    },
  };
}

export const dagSaPypi: readonly Benchmark[] = [
  toCriterion(
    100,
    6.309817950717778,
    {
      turns: 2,
      peers: [
        { name: 'dagma', runtime: 'pypi', variant: 'dagma', goal: 1 / 25, otherResult: true },
        { name: 'gcastle NOTEARS', runtime: 'pypi', variant: 'notears', goal: 1 / 80, otherResult: true },
      ],
    },
    { rows: ROWS, suffix: ', two turns' },
  ),
  dagma(50, -4.42226464698184),
];
