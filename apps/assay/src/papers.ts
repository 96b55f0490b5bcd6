/**
 * The reproductions that are published beside this command line: project → keys. Only these are offered for
 * installation, so that no misspelt name installs a stranger's package.
 */
export const PAPERS: Readonly<Record<string, readonly string[]>> = {
  'theory-sim': ['local', 'l0l1'],
  'fts-prune': ['fts-prune'],
  'clip-adagrad': ['clip-adagrad'],
  'dag-sa': ['dag-sa'],
  'frugal-opt': ['frugal-opt'],
  floral: ['floral'],
  fedtrpo: ['fedtrpo'],
  'vlm-guard': ['vlm-guard'],
};

/** npm's name of a key's reproduction. */
export const packageOf = (key: string): string => `@assay-ml/reproduce-${key}`;

const KEYS = Object.values(PAPERS).flat();

/** Keys of ours that a name means: those of a project, or the one of a key or a package. */
export const keysOf = (name: string): readonly string[] =>
  Object.hasOwn(PAPERS, name) ? PAPERS[name]! : KEYS.filter((key) => key === name || packageOf(key) === name);

/** Our papers first, in the order of {@link PAPERS}; then others as they came. */
export function inOrder<T extends { readonly key: string }>(found: readonly T[]): T[] {
  const place = ({ key }: T): number => (KEYS.includes(key) ? KEYS.indexOf(key) : KEYS.length);
  return [...found].sort((a, b) => place(a) - place(b));
}
