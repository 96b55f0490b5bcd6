import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entries, takers } from './public-options.js';

const root = new URL('../..', import.meta.url).pathname;

/** Types of objects that are data and may carry more than a function reads: a problem with notes of its own, say. */
const DATA = new Set([
  'Backend',
  'CellRecord',
  'Claim',
  'Engine',
  'Reproduction',
  'Examples',
  'LabelledImages',
  'Constants',
  'AdviseConstants', // of a problem, and more
  'Problem',
  'ReturningProblem',
  'Samples',
  'Model',
  'Network',
  'District',
  'Building',
  'Decoder',
  'Transformer',
  'Rate', // of a step: checked where it is taken
  'LayersModel', // of TensorFlow.js, in a union with ours
  'Parameter',
  'ToolOptions', // handed through between the commands of the set-up, with the streams that they write to
  'NativeFlags',
]);

/** What the walk cannot see, and why it holds. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'dag-sa: fit(second)': 'is a number or options; which of them, `fit` finds out, and dag-sa’s own test misspells one',
  'dag-sa: fit(third)': 'goes on by the same constant',
  'claims: askedFor(run)': 'reads run.json, which has more',
};

describe('options of public functions', () => {
  const found = takers(root, entries(root)).filter(({ type }) => !DATA.has(type));

  it('are refused where their names are not known', () => {
    const silent = found.filter(({ name, refuses }) => !refuses && EXCEPTIONS[name] === undefined);
    expect(silent.map(({ name, at }) => `${name} at ${at}`)).toEqual([]);
  });

  it('are found in every package, and no exception is left over', () => {
    const packages = new Set(found.map(({ name }) => name.split(':')[0]!));
    const all = ['claims', 'clip-adagrad', 'dag-sa', 'datasets', 'federated', 'fedtrpo', 'floral', 'frugal-opt', 'fts-prune', 'networks', 'numerics', 'tensors', 'theory-sim', 'vlm-guard']; // prettier-ignore
    expect([...packages].sort()).toEqual(all);
    expect(found.length).toBeGreaterThan(120);
    const needed = found.filter(({ refuses }) => !refuses).map(({ name }) => name);
    expect(needed).toEqual(expect.arrayContaining(Object.keys(EXCEPTIONS)));
  });
});

/** What the walk says of functions of one module, by name. */
function walked(text: string): Record<string, boolean> {
  // Beside the packages, so that it may import them.
  const folder = mkdtempSync(join(root, 'tools', 'options-'));
  try {
    const file = join(folder, 'index.ts');
    writeFileSync(file, `import { options, requireOptions } from '@assay-ml/numerics/check';\n${text}`);
    const name = folder.split('/').at(-1)!;
    const found = takers(root, new Map([[name, [file]]]));
    return Object.fromEntries(found.map((one) => [one.name.split(': ')[1]!, one.refuses]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the walk', () => {
  it('tells functions that check names from those that do not', () => {
    const names = walked(`
      interface Options { readonly a?: number }
      const NAMES = { a: 1 };
      export function checks(given: Options): void { options('checks', given, NAMES); }
      export function reads(given: Options): number { return given.a ?? 0; }
      export function takesApart({ a = 0 }: Options = {}): number { return a; }
      export function checksAnother(given: Options, other: Options): void { options('x', other, NAMES); void given; }
      export const arrow = (given: Options = {}): void => checks(given);
      export const spread = (given: Options): void => checks({ ...given, a: 1 });
      export const named = (given: Options): void => { const same = given as Options; requireOptions('x', same, NAMES); };
      export function passesOn(given: Options): number { return reads(given); }
      const factory = (where: string) => (given: Options): void => options(where, given, NAMES);
      export const made = factory('made');
      export class Thing { constructor(given: Options) { checks(given); } read(given: Options): number { return given.a ?? 0; } }
      export function overloaded(x: number, given: Options): void;
      export function overloaded(given: Options): void;
      export function overloaded(x: unknown, given?: Options): void { checks(given ?? (x as Options)); }
      export function circle(given: Options, n: number): void { if (n > 0) circle(given, n - 1); }
      export function data(list: number[], call: () => void, when: Date): void { void [list, call, when]; }
    `);
    expect(names).toEqual({
      'checks(given)': true,
      'reads(given)': false,
      'takesApart({…})': false,
      'checksAnother(given)': false,
      'checksAnother(other)': true,
      'arrow(given)': true,
      'spread(given)': true,
      'named(given)': true,
      'passesOn(given)': false,
      'made(given)': true,
      'Thing(given)': true,
      'Thing.read(given)': false,
      'overloaded(given)': true,
      'circle(given)': false,
    });
  });
});
