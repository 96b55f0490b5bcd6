/**
 * `npm run faults`: the faults that users met, each with the tests that hold it, run now. `tools/faults.json` is the table:
 * what came in, what comes now, and parts of the names of its tests by file. A fault without a test, or with one that fails,
 * ends it with 1; one whose tests were skipped is shown as such. Arguments choose entries: `npm run faults -- O1 D12`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** An entry of the table. */
export interface Fault {
  readonly id: string;
  /** What came in. */
  readonly input: string;
  /** What comes now. */
  readonly now: string;
  /** Parts of the names of tests, by file. */
  readonly tests: Readonly<Record<string, readonly string[]>>;
}

/** What came of a test, by vitest's words. */
export interface Outcome {
  readonly file: string;
  /** The names of its groups and its own, one space between. */
  readonly name: string;
  readonly status: string;
}

/**
 * What the tests say of an entry: it holds where each name has a test and all of them passed. One that was skipped is named, since
 * its name says what it waits for, and what it would have shown is not known here.
 */
export function verdict({ tests }: Fault, outcomes: readonly Outcome[]): string {
  const names = Object.entries(tests).flatMap(([file, parts]) => parts.map((part) => ({ file, part })));
  if (names.length === 0) return 'no test';
  const skipped: string[] = [];
  let passed = 0;
  for (const { file, part } of names) {
    const found = outcomes.filter((one) => one.file === file && one.name.includes(part));
    if (found.length === 0) return `missing: ${file}, '${part}'`;
    const failed = found.find(({ status }) => status === 'failed');
    if (failed !== undefined) return `fails: ${file}, '${failed.name}'`;
    passed += found.filter(({ status }) => status === 'passed').length;
    skipped.push(...found.filter(({ status }) => status !== 'passed').map(({ name }) => name));
  }
  const held = `(${passed} ${passed === 1 ? 'test' : 'tests'})`;
  if (skipped.length === 0) return `holds ${held}`;
  const left = `skipped here: ${skipped.map((name) => `'${name}'`).join(', ')}`;
  return passed === 0 ? left : `holds in part ${held}; ${left}`;
}

/** Whether a verdict is one to go on with. */
export const stands = (said: string): boolean => said.startsWith('holds') || said.startsWith('skipped here');

/** The entries as a table, a line each. */
export function table(faults: readonly Fault[], outcomes: readonly Outcome[]): string {
  const rows = faults.map((fault) => [fault.id, fault.input, fault.now, verdict(fault, outcomes)]);
  const widths = [0, 1, 2].map((k) => Math.max(...rows.map((row) => row[k]!.length)));
  return rows.map((row) => row.map((text, k) => text.padEnd(widths[k] ?? 0)).join('  ').trimEnd()).join('\n'); // prettier-ignore
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Runs the tests of one project that have one of the names, and says what came of each. */
function outcomesOf(root: string, project: string, files: ReadonlyMap<string, readonly string[]>): Outcome[] {
  const folder = mkdtempSync(join(tmpdir(), 'faults-'));
  const report = join(folder, 'report.json');
  try {
    const names = [...new Set([...files.values()].flat())].map(escaped).join('|');
    const paths = [...files.keys()].filter((file) => existsSync(join(root, file)));
    if (paths.length === 0) return [];
    const args = ['run', '--root', project, '--reporter=json', `--outputFile=${report}`, '-t', names];
    const vitest = join(root, 'node_modules', '.bin', 'vitest');
    const ran = spawnSync(vitest, [...args, ...paths.map((file) => file.slice(project.length + 1))], { cwd: root, encoding: 'utf8' }); // prettier-ignore
    if (!existsSync(report))
      throw new Error(`faults: the tests of ${project} did not run.\n${ran.stdout}${ran.stderr}`);
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { name: string; assertionResults: { ancestorTitles: string[]; title: string; status: string }[] }[];
    };
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title, status }) => ({
        file: name.slice(root.length + 1),
        name: [...ancestorTitles, title].join(' '),
        status,
      })),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function main(chosen: readonly string[]): number {
  const root = new URL('../..', import.meta.url).pathname.replace(/\/$/, '');
  const all = JSON.parse(readFileSync(join(root, 'tools', 'faults.json'), 'utf8')) as readonly Fault[];
  const unknown = chosen.filter((id) => !all.some((fault) => fault.id === id));
  if (unknown.length > 0) {
    console.error(`faults: no entry ${unknown.join(', ')}; there are ${all.map(({ id }) => id).join(', ')}.`);
    return 2;
  }
  const faults = all.filter(({ id }) => chosen.length === 0 || chosen.includes(id));
  const projects = new Map<string, Map<string, string[]>>();
  for (const [file, names] of faults.flatMap(({ tests }) => Object.entries(tests))) {
    const project = file.slice(0, file.indexOf('/test/'));
    const files = projects.get(project) ?? projects.set(project, new Map()).get(project)!;
    files.set(file, [...(files.get(file) ?? []), ...names]);
  }
  const outcomes = [...projects].flatMap(([project, files]) => outcomesOf(root, project, files));
  console.log(table(faults, outcomes));
  const verdicts = faults.map((fault) => verdict(fault, outcomes));
  const held = verdicts.filter((said) => said.startsWith('holds (')).length;
  const open = verdicts.filter((said) => said.includes('skipped here')).length;
  const rest = open === 0 ? '' : `; of ${open} not all is known, as tests were skipped`;
  console.log(`\n${held} of ${faults.length} hold${rest}.`);
  return verdicts.every(stands) ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2));
