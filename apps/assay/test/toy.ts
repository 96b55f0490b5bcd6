/** A small reproduction and a world of its own for the command line's tests. */
import {
  inProcessExecutor,
  type CellRecord,
  type Claim,
  type Figure,
  type Reproduction,
  type Verdict,
} from '@assay-ml/claims';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Catalogue } from '../src/catalogue.js';
import type { Io, Output } from '../src/io.js';
import { main } from '../src/main.js';

const DELTAS = [0, 0.1, 3];

type Toy = { readonly delta: number };
const of = (record: CellRecord, name: 'slow' | 'fast'): number =>
  (record.values['final'] as Record<string, number>)[name]!;

const figure = (records: readonly CellRecord[]): Figure => ({
  title: 'Fast & slow over δ',
  mark: 'line',
  x: { label: 'δ', scale: 'log' },
  y: { label: '‖∇f‖²', scale: 'log' },
  rules: [{ axis: 'y', at: 1e-4, label: 'a tenth' }],
  rows: records.flatMap((r) =>
    (['slow', 'fast'] as const).map((series) => ({ x: (r.config as Toy).delta, y: of(r, series), series })),
  ),
});

const pairs = (records: readonly CellRecord[], deltas: readonly number[]) =>
  records
    .filter((r) => deltas.includes((r.config as Toy).delta))
    .map((r) => ({ block: `${(r.config as Toy).delta}/${r.seed}`, a: of(r, 'fast'), b: of(r, 'slow') }));

const claim = (id: string, deltas: readonly number[], more: Partial<Claim> = {}): Claim => ({
  id,
  statement: `Fast beats slow <at> δ in {${deltas.join(', ')}}.`,
  source: 'Section 1; https://example.org/paper',
  kind: 'paper',
  experiments: ['toy'],
  tiers: ['quick', 'standard'],
  rule: { statistic: 'log-ratio', max: -0.9, words: 'mean log10(fast/slow) at most -0.9' },
  expect: 'supported',
  reference: 'about -2',
  evidence: (records) => ({ kind: 'paired', pairs: pairs(records, deltas) }),
  figure,
  ...more,
});

/** Four claims: one holds, one is refuted as expected, one is exact, one runs at the full tier only. */
export const toy: Reproduction = {
  schema: 1,
  key: 'toy',
  project: 'toys',
  title: 'A toy & its claims',
  citation: 'A. Uthor. Toys, 2026. https://example.org/toy',
  experiments: [
    {
      id: 'toy',
      title: 'fast against slow',
      module: new URL('./fixtures/toy-cell.js', import.meta.url).href,
      cells: (tier, seeds = tier === 'quick' ? 2 : 6, firstSeed = 0) =>
        tier === 'full'
          ? []
          : DELTAS.flatMap((delta) =>
              Array.from({ length: seeds }, (_, k) => ({ config: { delta }, seed: firstSeed + k })),
            ),
      cost: () => ({ seconds: 90, megabytes: 12 }),
    },
  ],
  claims: [
    claim('toy.C1', [0, 0.1]),
    claim('toy.C2', [3], { expect: 'refuted', reason: 'δ is too large', kind: 'critique' }),
    claim('toy.C3', DELTAS, {
      rule: { statistic: 'exact', words: 'every value is positive' },
      evidence: (records) => ({
        kind: 'exact',
        checks: records.map((r) => ({ name: r.id, holds: of(r, 'fast') > 0 })),
        measured: 1e-5,
      }),
    }),
    claim('toy.C4', DELTAS, { tiers: ['full'], expect: 'report' }),
  ],
  figures: (records) => [{ ...figure(records), title: 'All of it', mark: 'dot' }],
};

/** A verdict about nothing, for what draws and prints them. */
export const verdictOf = (more: Partial<Verdict>): Verdict => ({
  id: 'toy.C1',
  statement: 'S',
  source: 'T',
  kind: 'paper',
  rule: { statistic: 'slope', min: 0.9, words: 'at least' },
  expect: 'supported',
  verdict: 'supported',
  measured: 1,
  unit: 'exponent',
  interval: [0.95, 1.1],
  level: 0.95,
  judgedBy: 'interval',
  n: 5,
  blocks: 5,
  ...more,
});

/** Adds cells that crash or never end. */
export const troubled = (trouble: 'crash' | 'slow'): Reproduction => ({
  ...toy,
  experiments: [
    {
      ...toy.experiments[0]!,
      cells: () => [
        { config: { delta: 0 }, seed: 0 },
        { config: { delta: 0, [trouble]: true }, seed: 1 },
      ],
    },
  ],
});

/** A claim whose verdict is not the expected one. */
export const surprising: Reproduction = { ...toy, claims: [claim('toy.C1', [3])] };

/** What a command left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both, as a terminal shows them. */
  readonly both: string;
  readonly lastLine: string | undefined;
}

/** A catalogue of reproductions that are made, not installed; each lies where a checkout has it. */
function catalogueOf(root: string, reproductions: readonly Reproduction[]): Catalogue {
  const folderOf = (key: string): string => join(root, 'apps', 'reproductions', key);
  return {
    installed: () =>
      reproductions.map(({ key, project }) => ({
        key,
        project,
        name: `reproduce-${key}`,
        version: '0.0.0',
        folder: folderOf(key),
      })),
    load: async ({ key, folder }) => ({
      reproduction: reproductions.find((one) => one.key === key)!,
      name: key,
      folder,
    }),
    loadPath: () => Promise.reject(new Error('no paths here')),
    whyNot: () => undefined,
    store: join(root, 'store'),
    install: () => Promise.reject(new Error('nothing to install from')),
  };
}

/** What may differ from the usual world. */
type Changes = Partial<Io> & { readonly reproductions?: readonly Reproduction[] };

/** A folder that goes away with the test, and `assay` run in it without a process. */
export function world(reproduction: Reproduction = toy): {
  readonly folder: string;
  assay(line: string, changes?: Changes): Promise<Outcome>;
} {
  const folder = mkdtempSync(join(tmpdir(), 'assay-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'apps', 'reproductions', reproduction.key), { recursive: true });
  writeFileSync(join(folder, 'README.md'), '# Toy\n\n<!-- verdicts:start -->\n<!-- verdicts:end -->\n\nEnd.\n');
  return {
    folder,
    assay: async (line, { reproductions = [reproduction], ...changes } = {}) => {
      const texts = { out: '', err: '', both: '' };
      const stream = (name: 'out' | 'err'): Output => ({
        write: (text) => {
          texts[name] += text;
          texts.both += text;
        },
      });
      const code = await main(line.split(' '), {
        catalogue: catalogueOf(folder, reproductions),
        stdout: stream('out'),
        stderr: stream('err'),
        env: {},
        cwd: folder,
        root: folder,
        signal: new AbortController().signal,
        executor: () => inProcessExecutor(),
        ...changes,
      });
      return { code, ...texts, lastLine: texts.out.trimEnd().split('\n').at(-1) };
    },
  };
}
