/** Pure parts of the packaging check. */

/** What the check reads of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly nx: { readonly name: string };
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

/** The first fenced `ts` block of a README, or null. */
export function firstExample(markdown: string): string | null {
  return /^```ts\n([\s\S]*?)^```$/m.exec(markdown)?.[1] ?? null;
}

/** Files of `dist` whose source `src/….ts` is no longer there. */
export function staleFiles(files: readonly string[], exists: (source: string) => boolean): string[] {
  return files.filter((file) => {
    const module = /^dist\/(.+?)(\.d)?\.[cm]?[jt]s(\.map)?$/.exec(file)?.[1];
    return module !== undefined && !exists(`src/${module}.ts`);
  });
}
