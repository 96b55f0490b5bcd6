/** Pure parts of the packaging check. */

/** What the check reads of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly nx: { readonly name: string; readonly tags?: readonly string[] };
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Absolute path of the package. */
  readonly folder: string;
}

/** A package and every workspace package it needs, directly or through another. */
export function closure(name: string, manifests: ReadonlyMap<string, Manifest>): string[] {
  const found = new Set<string>();
  const visit = (current: string): void => {
    const manifest = manifests.get(current);
    if (found.has(current) || manifest === undefined) return;
    found.add(current);
    Object.keys(manifest.dependencies ?? {}).forEach(visit);
  };
  visit(name);
  return [...found];
}

/** What a README's first `npm i` line installs: versions by name, `*` where it says none. */
export function installedBy(markdown: string): Record<string, string> {
  const names = /^npm i (.+)$/m.exec(markdown)?.[1]?.split(' ') ?? [];
  return Object.fromEntries(names.map((name) => /^(.+?)(?:@([^@/]+))?$/.exec(name)!).map(([, name, version = '*']) => [name!, version])); // prettier-ignore
}

/** The packages outside the workspace that some packages of it need, by name. */
export const thirdParties = (names: readonly string[], manifests: ReadonlyMap<string, Manifest>): string[] => [
  ...new Set(
    names
      .flatMap((name) => Object.keys(manifests.get(name)?.dependencies ?? {}))
      .filter((name) => !manifests.has(name)),
  ),
];

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

/** Files of `dist` whose source `src/….ts` or `.js` is no longer there. */
export function staleFiles(files: readonly string[], exists: (source: string) => boolean): string[] {
  return files.filter((file) => {
    const module = /^dist\/(.+?)(\.d)?\.[cm]?[jt]s(\.map)?$/.exec(file)?.[1];
    return module !== undefined && !['ts', 'js'].some((type) => exists(`src/${module}.${type}`));
  });
}
