/** Writes a run's report files; each is old or new, never half. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CellRecord, RunFile, VerdictsFile } from '@assay-ml/claims';
import writeFileAtomic from 'write-file-atomic';
import { cellsCsv, claimsCsv } from './csv.js';
import { figureSvg } from './figures.js';
import { forestSvg } from './forest.js';
import { reportHtml } from './html.js';
import { reportMarkdown } from './markdown.js';
import { duration } from './numbers.js';
import type { Loaded } from '../catalogue.js';
import { figuresOf, type Figures, type Results } from './results.js';

/**
 * Joins what a run left in its folder into what a report is made from.
 * @param inCheckout whether Nx runs it
 */
export function resultsOf(
  { reproduction, name }: Loaded,
  inCheckout: boolean,
  file: VerdictsFile,
  run: RunFile,
  records: readonly CellRecord[],
): Results {
  const { cpu, cores, memoryGB, os, node } = file.machine;
  const compute = records.reduce((sum, record) => sum + record.seconds, 0);
  return {
    reproduction,
    ...(inCheckout ? {} : { name }),
    tier: file.tier,
    verdicts: file.claims.map(({ reason, reference, why, rule, ...verdict }) => ({
      ...verdict,
      rule: rule as Results['verdicts'][number]['rule'],
      ...(reason === undefined ? {} : { reason }),
      ...(reference === undefined ? {} : { reference }),
      ...(why === undefined ? {} : { why }),
    })) as Results['verdicts'],
    records,
    resultHash: file.resultHash,
    seconds: compute,
    seeds: file.seeds,
    machine: `${cpu}, ${cores} cores, ${memoryGB} GB`,
    backend: file.backend,
    ...(file.engine && { engine: file.engine }),
    facts: {
      Started: run.start,
      'Wall time': `${duration(file.seconds)} with ${run.jobs} ${run.jobs === 1 ? 'job' : 'jobs'}, ${run.reused} of ${run.cells} cells from an earlier run`,
      Commit: run.commit === null ? 'none' : `${run.commit}${run.dirty === true ? ', with uncommitted changes' : ''}`,
      System: `${os}, Node ${node}`,
      ...(run.only === undefined ? {} : { 'Claims asked for': run.only.join(', ') }),
      Packages: Object.entries(run.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    },
  };
}

function writeFigures(folder: string, { claims, parts, experiments, series }: Figures): void {
  const drawn = new Map([
    ...[...claims.values(), ...experiments].map(({ file, figure }) => [file, figureSvg(figure, series)] as const),
    ...[...parts.values()].map(({ file, verdict }) => [file, forestSvg(verdict)] as const),
  ]);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) if (old.endsWith('.svg') && !drawn.has(old)) rmSync(join(folder, old));
  for (const [file, svg] of drawn) writeFileAtomic.sync(join(folder, file), svg);
}

/**
 * Writes `report.html`, `report.md`, `claims.csv`, `cells.csv` and `figures/*.svg`.
 * @returns the path of `report.html`
 */
export function writeReport(folder: string, results: Results): string {
  const figures = figuresOf(results);
  writeFigures(join(folder, 'figures'), figures);
  const page = join(folder, 'report.html');
  writeFileAtomic.sync(page, reportHtml(results, figures));
  writeFileAtomic.sync(join(folder, 'report.md'), reportMarkdown(results, figures));
  writeFileAtomic.sync(join(folder, 'claims.csv'), claimsCsv(results.verdicts));
  writeFileAtomic.sync(join(folder, 'cells.csv'), cellsCsv(results.records));
  return page;
}

/** A longer word is a series in a compact form. */
const LONGEST_WORD = 100;

/** Values of a cell that are single numbers or words: what a reader of the evidence compares. */
const scalars = (record: CellRecord): CellRecord => ({
  ...record,
  values: withoutSeries(record.values) as CellRecord['values'],
});

function withoutSeries(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (Array.isArray(inner) || (typeof inner === 'string' && inner.length > LONGEST_WORD)) return [];
      const kept = withoutSeries(inner);
      return typeof kept === 'object' && kept !== null && Object.keys(kept).length === 0 ? [] : [[key, kept]];
    }),
  );
}

/**
 * Writes what is committed of a standard run: `verdicts.json`, `report.md`, `report.html`, `claims.csv`, the figures, and
 * `cells.csv` without the cells' series.
 */
export function writeEvidence(folder: string, results: Results, file: VerdictsFile): void {
  const figures = figuresOf(results);
  writeFigures(join(folder, 'figures'), figures);
  writeFileAtomic.sync(join(folder, 'verdicts.json'), `${JSON.stringify(file, null, 2)}\n`);
  writeFileAtomic.sync(join(folder, 'report.html'), reportHtml(results, figures));
  writeFileAtomic.sync(join(folder, 'report.md'), reportMarkdown(results, figures));
  writeFileAtomic.sync(join(folder, 'claims.csv'), claimsCsv(results.verdicts));
  writeFileAtomic.sync(join(folder, 'cells.csv'), cellsCsv(results.records.map(scalars)));
}
