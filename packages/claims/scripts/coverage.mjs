// How often the interval of a verdict holds the truth, and how often a claim exactly at its bound is called one way or the
// other. Writes the table of README.md from the build: node packages/claims/scripts/coverage.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stream } from '@assay-ml/numerics';

export const BLOCKS = [3, 5, 10, 20];
export const TRIALS = 2000;

/** One draw of each law, its mean, and the probability of a draw above the mean. */
const LAWS = {
  normal: { draw: (random) => random.normal(), mean: 0, above: 0.5 },
  exponential: { draw: (random) => random.exponential(), mean: 1, above: Math.exp(-1) },
  'log-normal': { draw: (random) => Math.exp(random.normal()), mean: Math.exp(0.5), above: 0.3085375387259869 },
  'two-point': { draw: (random) => (random.uniform() < 0.2 ? 1 : 0), mean: 0.2, above: 0.2 },
};

const pair = (block, a, b) => ({ block: String(block), a, b });

/** Evidence of n blocks whose statistic is known: `truth` of the law's mean. */
const STATISTICS = {
  'mean-diff': {
    truth: ({ mean }) => mean,
    evidence: (n, draw) => ({ kind: 'paired', pairs: blocks(n, (i) => [pair(i, draw(), 0)]) }),
  },
  // One, two or three samples a block, half of whose variance they share.
  'log-ratio': {
    truth: ({ mean }) => mean,
    evidence: (n, draw, { mean }) => ({
      kind: 'paired',
      pairs: blocks(n, (i) => {
        const shared = draw();
        return Array.from({ length: 1 + (i % 3) }, () => pair(i, 10 ** (shared + draw() - mean), 1));
      }),
    }),
  },
  'quantile-ratio': {
    truth: () => 1,
    evidence: (n, draw) => ({ kind: 'paired', pairs: blocks(n, (i) => [pair(i, 5 + draw(), 5 + draw())]) }),
  },
  // A curve a block: its exponent is drawn, and each of its four points is off by a tenth of a draw.
  slope: {
    truth: ({ mean }) => mean,
    evidence: (n, draw) => ({
      kind: 'points',
      points: blocks(n, (i) => {
        const exponent = draw();
        return [1, 2, 4, 8].map((x) => ({ block: String(i), x, y: 10 ** (exponent * Math.log10(x) + draw() / 10) }));
      }),
    }),
  },
  share: {
    truth: ({ above }) => above,
    evidence: (n, draw, { mean }) => ({
      kind: 'share',
      trials: blocks(n, (i) => [{ block: String(i), holds: draw() > mean }]),
    }),
  },
};

function blocks(n, of) {
  return Array.from({ length: n }, (_, i) => of(i)).flat();
}

/** Percent of the trials: interval and truth agree (or there is no interval), false support at a minimum, at a maximum. */
function cell({ judge, stream }, statistic, name, n) {
  const law = LAWS[name];
  const { truth, evidence } = STATISTICS[statistic];
  const random = stream(0, 'coverage', statistic, name, n);
  const draw = () => law.draw(random);
  const rule = { statistic, min: truth(law), quantile: 0.5, words: 'the truth' };
  const counts = { inconclusive: 0, supported: 0, refuted: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    random.at(trial);
    const claim = {
      id: `coverage-${trial}`,
      experiments: [],
      tiers: ['standard'],
      rule,
      expect: 'report',
      evidence: () => evidence(n, draw, law),
    };
    counts[judge(claim, [], 'standard').verdict]++;
  }
  const percent = (count) => (100 * count) / TRIALS;
  return {
    coverage: percent(counts.inconclusive),
    atMinimum: percent(counts.supported),
    atMaximum: percent(counts.refuted), // a maximum there would be supported
  };
}

/**
 * Every statistic with every law and number of blocks.
 * @param claims of the package under test: judge; and of numerics: stream
 */
export function simulate(claims) {
  return Object.keys(STATISTICS).flatMap((statistic) =>
    Object.keys(LAWS).map((law) => ({ statistic, law, cells: BLOCKS.map((n) => cell(claims, statistic, law, n)) })),
  );
}

/** The table as README.md prints it. */
export function table(rows) {
  const text = ({ coverage, atMinimum, atMaximum }) =>
    `${coverage.toFixed(1)} (${atMinimum.toFixed(1)}, ${atMaximum.toFixed(1)})`;
  const lines = [
    ['statistic', 'samples', ...BLOCKS.map((n) => `${n} blocks`)],
    ...rows.map(({ statistic, law, cells }) => [`\`${statistic}\``, law, ...cells.map(text)]),
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const print = (line) => `| ${line.map((word, column) => word.padEnd(widths[column])).join(' | ')} |`;
  const rule = print(widths.map((width) => '-'.repeat(width)));
  return [print(lines[0]), rule, ...lines.slice(1).map(print)].join('\n');
}

const START = '<!-- coverage: made by scripts/coverage.mjs, do not edit -->';
const END = '<!-- end of coverage -->';

/** The README with this table in place of its own. */
export function withTable(readme, rows) {
  const [before, rest] = readme.split(START);
  return `${before}${START}\n\n${table(rows)}\n\n${END}${rest.split(END)[1]}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { judge } = await import('../dist/index.js');
  const path = new URL('../README.md', import.meta.url);
  writeFileSync(path, withTable(readFileSync(path, 'utf8'), simulate({ judge, stream })));
}
