/** T1-T10: the mathematics behind the scores (spec §4), as the library computes it. */
import type { CellRecord, Claim, Evidence, Experiment, Figure, Rule } from '@assay-ml/claims';
import type { Statement, TheoryConfig } from '../cells/theory.js';

/** Seconds of a cell's statement on one core, compiled to WebAssembly. */
const SECONDS: Readonly<Record<Statement, number>> = {
  T1: 0.3,
  T2: 0.3,
  T3: 1,
  T4: 0.01,
  T5: 0.01,
  T6: 0.5,
  T7: 0.05,
  T8: 0.05,
  T9: 0.02,
  T10: 0.4,
};

const STATEMENTS = Object.keys(SECONDS) as Statement[];

export const theoryExperiment: Experiment = {
  id: 'theory',
  title: 'T1-T10: what holds exactly, or at a known rate, about the scores',
  module: import.meta.resolve('../cells/theory.js'),
  tensors: true,
  // A slope has an interval from five seeds on; what is exact shows on one.
  cells: (_tier, seeds, firstSeed = 0) =>
    STATEMENTS.flatMap((statement) =>
      Array.from({ length: seeds ?? (statement === 'T2' ? 5 : 1) }, (_, k) => ({
        config: { statement } satisfies TheoryConfig,
        seed: firstSeed + k,
      })),
    ),
  cost: (config) => ({ seconds: SECONDS[(config as TheoryConfig).statement], megabytes: 250 }),
};

type Check = { readonly name: string; readonly holds: boolean };
type Numbers = Readonly<Record<string, number>>;

const finished = (records: readonly CellRecord[], statement: Statement): CellRecord[] =>
  records.filter((r) => r.status === 'done' && (r.config as TheoryConfig).statement === statement);

/** Each named number of the cells, of several the one that `worst` chooses. */
function numbers(
  cells: readonly CellRecord[],
  key: string,
  worst: (a: number, b: number) => number,
): (readonly [string, number])[] {
  const found = new Map<string, number>();
  for (const { values } of cells) {
    for (const [name, number] of Object.entries(values[key] as Numbers)) {
      found.set(name, worst(found.get(name) ?? number, number));
    }
  }
  return [...found];
}

const errorChecks = (cells: readonly CellRecord[], tolerance: number): Check[] =>
  numbers(cells, 'errors', Math.max).map(([name, error]) => ({
    name: `${name}: ${error.toPrecision(2)}`,
    holds: error <= tolerance,
  }));

const sameMasks = (cells: readonly CellRecord[]): Check[] =>
  numbers(cells, 'same', Math.min).map(([name, jaccard]) => ({
    name: `${name}: Jaccard ${jaccard.toPrecision(3)}`,
    holds: jaccard === 1,
  }));

const exact = (checks: readonly Check[], measured: number, unit: string): Evidence => ({
  kind: 'exact',
  checks,
  measured,
  unit,
});

const largestError = (cells: readonly CellRecord[]): number =>
  Math.max(...numbers(cells, 'errors', Math.max).map(([, error]) => error));

/** Evidence that every error is within a tolerance. */
const within =
  (tolerance: number, unit = 'largest relative error') =>
  (cells: readonly CellRecord[]): Evidence =>
    exact(errorChecks(cells, tolerance), largestError(cells), unit);

/** `words` of an exact rule, or another rule. */
function claim(
  statement: Statement,
  sentence: string,
  rule: Rule | string,
  evidence: (cells: readonly CellRecord[]) => Evidence,
): Claim {
  return {
    id: `fts-prune.${statement}`,
    statement: sentence,
    source: `spec §4, ${statement}`,
    kind: 'beyond',
    experiments: ['theory'],
    tiers: ['quick', 'standard', 'full'],
    rule: typeof rule === 'string' ? { statistic: 'exact', words: rule } : rule,
    expect: 'supported',
    evidence(records) {
      const cells = finished(records, statement);
      return cells.length === 0 ? { kind: 'none', why: 'no finished cell of its statement' } : evidence(cells);
    },
  };
}

/**
 * Tolerances, in roundings of float32 (2^-24 = 6e-8 each). T1 and T9 are the specification's, 17 roundings: more than
 * random ones of sums this short add up to in a norm or a sum of positive numbers.
 */
const SPEC = 1e-6;
/** T3: means of up to 64 gradients of some 16 roundings, squared: 2·(64 + 16) roundings. */
const MEANS = 1e-5;
/** T4, T5: float64, rounded to float32 once. */
const ONCE = 1e-7;
/** T7: sums of 8 products and their squares, 10 roundings in F̂ and twice 9 in ḡ². */
const SQUARES = 2e-6;
/** T8, in standard errors: 16 normal numbers stay below with probability 1 − 1e-5. */
const STANDARD_ERRORS = 5;

type Draws = readonly { readonly draws: number; readonly error: number }[];
type Kept = { readonly kept: readonly number[]; readonly keptInOneRound: readonly number[]; readonly isPath: boolean };

const fisher = claim(
  'T2',
  'With labels drawn from the model, F̂ tends to the diagonal of the Gauss-Newton matrix Jᵀ(diag p − ppᵀ)J, at the rate of a mean.',
  {
    statistic: 'slope',
    min: -0.6,
    max: -0.4,
    words:
      'slope of the log of the relative error on the log of the number of draws, 1 to 1024 for each of 16 inputs, in [−0.6, −0.4]: a mean has −1/2, a limit that is off by some percent flattens it',
  },
  (cells) => ({
    kind: 'points',
    points: cells.flatMap(({ seed, values }) =>
      (values['errors'] as unknown as Draws).map(({ draws, error }) => ({ block: String(seed), x: draws, y: error })),
    ),
  }),
);

export const theory: readonly Claim[] = [
  claim(
    'T1',
    'F̂ of single examples is the diagonal of the empirical Fisher matrix E[g gᵀ].',
    `of each tensor of an MLP, kernels and biases: relative distance to the diagonal of the explicit matrix, in float64, ≤ ${SPEC.toExponential()}`,
    within(SPEC),
  ),
  {
    ...fisher,
    figure(records): Figure | null {
      const rows = finished(records, 'T2').flatMap(({ seed, values }) =>
        (values['errors'] as unknown as Draws).map(({ draws, error }) => ({
          x: draws,
          y: error,
          series: `seed ${seed}`,
        })),
      );
      if (rows.length === 0) return null;
      return {
        title: 'From drawn labels to the Gauss-Newton diagonal',
        mark: 'line',
        x: { label: 'labels drawn for each input', scale: 'log' },
        y: { label: 'relative error of F̂', scale: 'log' },
        rows,
      };
    },
  },
  claim(
    'T3',
    'Squares of batch means are ḡ² + Var/N in expectation, so that N·F̂ of mask batches of N examples is F̂ of single ones + (N − 1)ḡ².',
    `N = 1, 4, 16, 64, over all batches of an orthogonal array, whose mean is the expectation: relative distance ≤ ${MEANS.toExponential()}`,
    within(MEANS),
  ),
  claim(
    'T4',
    'FBSS is the least loss of a diagonal quadratic when weight i is removed and all others move, above the least loss of all.',
    `against gradient descent on 12 constrained problems: difference ≤ ${ONCE.toExponential()} of the largest score`,
    within(ONCE),
  ),
  claim(
    'T5',
    'FTS with the sign of Taylor’s expansion is the exact change of a separable quadratic loss when a weight is removed; with the original code’s plus it is not.',
    `difference ≤ ${ONCE.toExponential()} of the largest change with −θḡ, above it with +θḡ`,
    (cells) =>
      exact(
        [
          ...errorChecks(cells, ONCE),
          ...cells.map(({ values }) => {
            const off = values['repo'] as number;
            return { name: `sign of the original code: ${off.toPrecision(2)} off`, holds: off > ONCE };
          }),
        ],
        largestError(cells),
        'largest relative error',
      ),
  ),
  claim(
    'T6',
    'Ten times the loss changes no mask of GN, SNIP, GraSP, FD, FP and the Hutchinson criteria, but those of FTS and FBSS; neither do SNIP’s normalisation and FP’s ½.',
    'of an MLP with a tenth of its weights kept: masks equal, weight by weight, for the former, different for FTS and FBSS',
    (cells) => {
      const different = numbers(cells, 'different', Math.max);
      return exact(
        [
          ...sameMasks(cells),
          ...different.map(([name, jaccard]) => ({
            name: `${name} changes: Jaccard ${jaccard.toPrecision(3)}`,
            holds: jaccard < 1,
          })),
        ],
        Math.max(...different.map(([, jaccard]) => jaccard)),
        'Jaccard index of FTS’s and FBSS’s masks, the larger',
      );
    },
  ),
  claim(
    'T7',
    'FD is GN² for one gradient over all data, and for single examples with equal gradients: their masks are the same.',
    `of each weight |FD/GN² − 1| ≤ ${SQUARES.toExponential()}; equal masks at sparsities 0.5, 0.9 and 0.99`,
    (cells) =>
      exact([...errorChecks(cells, SQUARES), ...sameMasks(cells)], largestError(cells), 'largest relative error'),
  ),
  claim(
    'T8',
    'Hutchinson’s z∘Hz has the mean diag H and, in entry i, the variance Σ_{j≠i} H_ij².',
    `10,000 probes of a random symmetric 8×8 matrix: every mean and variance within ${STANDARD_ERRORS} standard errors`,
    within(STANDARD_ERRORS, 'largest deviation in standard errors'),
  ),
  claim(
    'T9',
    'SynFlow’s scores are conserved: into and out of each hidden unit of a ReLU net without biases they have the same sum.',
    `of each of 24 units: sums differ by ≤ ${SPEC.toExponential()} of themselves`,
    within(SPEC),
  ),
  claim(
    'T10',
    'SynFlow’s schedule empties no layer while another can give: it prunes a net of 6 layers down to 6 weights, one in each, a path; one round empties layers.',
    'after 100 rounds each of 6 layers has exactly one weight, each begins where the last one ends; in one round at least one layer is left without',
    (cells) => {
      const found = cells.map(({ values }) => values as unknown as Kept);
      return exact(
        found.flatMap(({ kept, isPath, keptInOneRound }) => [
          ...kept.map((n, k) => ({ name: `layer ${k + 1} keeps ${n}`, holds: n === 1 })),
          { name: 'they form a path', holds: isPath },
          { name: `in one round the layers keep ${keptInOneRound.join(', ')}`, holds: keptInOneRound.includes(0) },
        ]),
        Math.min(...found.flatMap(({ kept }) => kept)),
        'fewest weights of a layer',
      );
    },
  ),
];
