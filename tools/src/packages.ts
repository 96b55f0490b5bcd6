/** Pure parts of the packaging check and of the rehearsal of a release. */
import { isBuiltin } from 'node:module';
import ts from 'typescript';

/** What the check reads of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly nx: { readonly name: string; readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Absolute path of the package. */
  readonly folder: string;
}

/** What a README's first `npm i` line installs: versions by name, `*` where it says none. */
export function installedBy(markdown: string): Record<string, string> {
  const names = /^npm i (.+)$/m.exec(markdown)?.[1]?.split(' ') ?? [];
  return Object.fromEntries(names.map((name) => /^(.+?)(?:@([^@/]+))?$/.exec(name)!).map(([, name, version = '*']) => [name!, version])); // prettier-ignore
}

/** Names of the packages that a module imports: statically, dynamically by a literal, or for its types; sorted. */
export function importsOf(source: string): string[] {
  const names = ts
    .preProcessFile(source, true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !/^[./]/.test(name) && !/^\w+:/.test(name) && !isBuiltin(name));
  return [...new Set(names.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')))].sort();
}

/** Packages that built modules import and the manifest does not name: they are found by the luck of hoisting alone. */
export function undeclared({ name, dependencies, peerDependencies }: Manifest, sources: readonly string[]): string[] {
  const declared = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  return [...new Set(sources.flatMap(importsOf))].filter((one) => !declared.has(one)).sort();
}

/**
 * Where a README's install line and its modules disagree: what they import and it omits, and what it installs without use.
 * Peers that are not optional are installed, imported or not; those that are may be: the package itself loads them.
 */
export function installFaults(manifest: Manifest, markdown: string): string[] {
  const installed = Object.keys(installedBy(markdown));
  const blocks = [...markdown.matchAll(/^```[jt]s\n([\s\S]*?)^```$/gm)].map(([, source]) => source!);
  const imported = new Set(blocks.flatMap(importsOf));
  const all = Object.keys(manifest.peerDependencies ?? {});
  const peers = all.filter((peer) => manifest.peerDependenciesMeta?.[peer]?.optional !== true);
  const needed = new Set([manifest.name, ...imported, ...peers]);
  return [
    ...[...needed].filter((name) => !installed.includes(name)).map((name) => `its README needs ${name} and does not install it`),
    ...(blocks.length === 0 ? [] : installed.filter((name) => !needed.has(name) && !all.includes(name)).map((name) => `its README installs ${name} without using it`)),
  ]; // prettier-ignore
}

/** Names that a text gives to npx and that neither are of our scope nor Nx: npm would fetch a stranger's package. */
export const strangers = (text: string): string[] =>
  [...new Set([...text.matchAll(/\bnpx (?:-\S+ )*([@\w][\w./-]*)/g)].map(([, name]) => name!))].filter(
    (name) => name !== 'nx' && !name.startsWith('@assay-ml/'),
  );

/** Where a README says that its package runs. */
export function runsIn(markdown: string): readonly ('Node' | 'browsers')[] | null {
  const words = /^(?:.*\. )?Runs in Node 20\.19 or newer( and in browsers)?[.;]/m.exec(markdown);
  return words === null ? null : words[1] === undefined ? ['Node'] : ['Node', 'browsers'];
}

/** A README's example: files by name, and which of them to run. */
export interface Example {
  readonly files: Readonly<Record<string, string>>;
  readonly main: string;
}

/**
 * The example of a README, or null: its first fenced `ts` block as `example.ts`; without one, its `js` blocks that name their
 * file in a first comment (`// cell.mjs`), of which the last is run; without these, the lines after `npm i …` in the first
 * `sh` block that begins so and goes on, as `example.sh`.
 */
export function exampleOf(markdown: string): Example | null {
  const block = /^```ts\n([\s\S]*?)^```$/m.exec(markdown)?.[1];
  if (block !== undefined) return { files: { 'example.ts': block }, main: 'example.ts' };
  const named = [...markdown.matchAll(/^```js\n(\/\/ (\S+)\n[\s\S]*?)^```$/gm)];
  const last = named.at(-1)?.[2];
  if (last !== undefined) {
    return { files: Object.fromEntries(named.map(([, source, name]) => [name!, source!])), main: last };
  }
  const lines = /^```sh\nnpm i .*\n((?!```)[\s\S]*?)^```$/m.exec(markdown)?.[1];
  return lines === undefined ? null : { files: { 'example.sh': lines }, main: 'example.sh' };
}

/** A module that imports packages, each by itself, so that one that fails takes no other along: `outcome` is `ok` or why not. */
export const importAll = (names: readonly string[]): string => `
const packages = {
${names.map((name) => `  '${name}': () => import('${name}'),`).join('\n')}
};
const outcome = {};
for (const [name, load] of Object.entries(packages)) {
  outcome[name] = await load().then((all) => (Object.values(all).includes(undefined) ? 'exports undefined' : 'ok'), String);
}`;

/** Files of `dist` whose source `src/….ts` or `.js` is no longer there. */
export function staleFiles(files: readonly string[], exists: (source: string) => boolean): string[] {
  return files.filter((file) => {
    const module = /^dist\/(.+?)(\.d)?\.[cm]?[jt]s(\.map)?$/.exec(file)?.[1];
    return module !== undefined && !['ts', 'js'].some((type) => exists(`src/${module}.${type}`));
  });
}
