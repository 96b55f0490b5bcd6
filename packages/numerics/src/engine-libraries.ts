/** Where a BLAS may lie on this machine. */

/**
 * Folder that `npx @assay-ml/tensors native` keeps libraries in: `native` in `$ASSAY_CACHE`, else `assay/native` in `$XDG_CACHE_HOME`,
 * `%LOCALAPPDATA%` or `~/.cache`.
 */
export function nativeRoot(): string {
  const { join, resolve } = process.getBuiltinModule('node:path');
  const { homedir } = process.getBuiltinModule('node:os');
  const { ASSAY_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const cache = ASSAY_CACHE
    ? resolve(ASSAY_CACHE)
    : join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'assay');
  return join(cache, 'native');
}

/**
 * Name of the folder in {@link nativeRoot} that a version of `scipy-openblas32` is kept in: all that the library depends on.
 * @param version of the wheel
 */
export const blasName = (version: string): string => `blas-${version}-${process.platform}-${process.arch}`;

/**
 * The libraries in {@link nativeRoot} that are made for this machine, newest first.
 * @returns paths of files
 * @throws Error where the user has no home, or a folder may not be read
 */
export function blasBuilds(): readonly string[] {
  const { existsSync, readdirSync, statSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const root = nativeRoot();
  if (!existsSync(root) || !statSync(root).isDirectory()) return [];
  return readdirSync(root)
    .filter((folder) => folder === blasName(/^blas-([\d.]+)-/.exec(folder)?.[1] ?? ''))
    .filter((folder) => statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory())
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .flatMap((folder) =>
      readdirSync(join(root, folder))
        .filter((file) => /^(lib)?scipy_openblas.*\.(so|dylib|dll)$/.test(file))
        .map((file) => join(root, folder, file)),
    );
}

/** What the loader of the operating system finds by name. OpenBLAS first, then what its maker or processor brings. */
const SYSTEM: Readonly<Record<string, readonly string[]>> = {
  linux: ['libopenblas.so.0', 'libmkl_rt.so.2'],
  darwin: ['/System/Library/Frameworks/Accelerate.framework/Accelerate', 'libmkl_rt.2.dylib'],
  win32: ['libopenblas.dll', 'mkl_rt.2.dll'],
};

/** The libraries to try, in order, where the user names none: those that are kept, and the system's. */
export const libraries = (kept = blasBuilds()): readonly string[] => [...kept, ...(SYSTEM[process.platform] ?? [])];
