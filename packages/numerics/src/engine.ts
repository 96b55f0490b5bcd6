/**
 * `@assay-ml/numerics/engine`: which engine computes the large products and factorisations of this package.
 *
 * `wasm`, the default, gives the same bits everywhere. `blas` gives them to a native BLAS with LAPACK, in Node, where the
 * npm package `koffi` and a library are installed; small sizes stay in WebAssembly. A choice holds for one thread.
 */
import { invalid, oneOf, options as checkNames } from './check.js';
import { elfFault } from './engine-elf.js';
import { bind, koffi, withOneThread, type Koffi, type Loaded } from './engine-gateway.js';
import { blasBuilds, libraries, nativeRoot } from './engine-libraries.js';
import { selfTest } from './engine-self-test.js';
import { setBlas } from './engine-slot.js';

export { blasBuilds, blasName, nativeRoot } from './engine-libraries.js';
export { products, type FloatOperand, type Operand, type Products } from './engine-slot.js';
export { sgemm } from './sgemm.js';

/** An engine: WebAssembly of this package, or a native library. */
export type EngineName = 'wasm' | 'blas';

/** What became of one library. */
export interface EngineAttempt {
  /** As it was given to the loader of the operating system. */
  readonly path: string;
  readonly ok: boolean;
  readonly reason: string;
}

/** What `useEngine` found. */
export interface EngineReport {
  /** The engine that computes now. */
  readonly name: EngineName;
  /** Why this one. */
  readonly why: string;
  /** Every library that was tried, in order, the one in use last. */
  readonly tried: readonly EngineAttempt[];
  /** Threads one operation may use. */
  readonly threads: 1;
  /** Of the library, e.g. `OpenBLAS 0.3.34`; with wasm the package's version says all. */
  readonly version?: string;
  /** The processor whose kernels the library has chosen, which can change bits. */
  readonly core?: string;
  /** Of the library, as it was given to the loader of the operating system. */
  readonly path?: string;
}

/** Options of {@link useEngine}. */
export interface EngineOptions {
  /**
   * The library, a file or a name that the loader of the operating system finds; no other is tried. Default: `ASSAY_BLAS`,
   * if set; else the first that passes of those in {@link nativeRoot}, newest first, and the system's: OpenBLAS, Accelerate
   * or MKL.
   */
  readonly path?: string;
}

const ENGINES = ['wasm', 'blas', 'auto'] as const;

/**
 * Chooses the engine of this thread. A library is taken if it has 32-bit integers, computes on one thread and agrees with
 * WebAssembly in every function to 1e-12, float32 to 1e-5. It starts no threads of its own: work is divided among workers and processes.
 * While it is loaded the environment of the process asks libraries for one thread; where workers choose different libraries at the
 * same moment, one may see the environment that another has put back, and is refused if it then computes with several.
 *
 * @param name `'wasm'` (default); `'blas'`, a native library; `'auto'`, a library if one is there, else wasm
 * @returns what was taken and why, and what became of the libraries that were tried
 * @throws Error if `'blas'` is asked for and not there: what was tried, and why it failed. The engine in use before stays.
 * @throws RangeError for a name or an option that it does not know, and for a path that is no text or empty
 * @example
 * const { version, core } = useEngine('blas'); // OpenBLAS 0.3.34, SkylakeX
 */
export function useEngine(name: EngineName | 'auto' = 'wasm', options: EngineOptions = {}): EngineReport {
  oneOf('useEngine', 'name', name, ENGINES, 'Leave it out for wasm.');
  checkNames<EngineOptions>('useEngine', options, { path: true });
  const { path } = options;
  if (path !== undefined && (typeof path !== 'string' || path === '')) {
    throw invalid('useEngine', 'path', path, 'the path of a library', 'Leave it out to have one looked for.');
  }
  if (name === 'wasm') {
    setBlas(null);
    return (inUse = WASM);
  }
  const { found, fault, tried } = find(path);
  if (found !== undefined) {
    const { blas, version, core, path: taken } = found;
    setBlas(blas);
    const why = `${name === 'auto' ? 'the first library that passes' : 'asked for'}: ${tried.at(-1)!.reason}`;
    return (inUse = { name: 'blas', why, tried, threads: 1, version, core, path: taken });
  }
  if (name === 'blas') {
    throw new Error(
      `useEngine: 'blas' is not there (${fault}). ${fault === NOT_NODE ? "Take 'auto'" : "Set it up with `npx @assay-ml/tensors native --blas`, name a library in ASSAY_BLAS, or take 'auto'"}.`,
    );
  }
  setBlas(null);
  return (inUse = { name: 'wasm', why: `no library is there: ${fault}`, tried, threads: 1 });
}

const WASM: EngineReport = {
  name: 'wasm',
  why: 'asked for: WebAssembly with SIMD, on one thread',
  tried: [],
  threads: 1,
};
let inUse: EngineReport = { ...WASM, why: 'the default: WebAssembly with SIMD, on one thread' };

/**
 * The engine of this thread, as `useEngine` returned it.
 * @example
 * const { name, path } = engineInUse();
 * // … another engine …
 * useEngine(name, path === undefined ? {} : { path }); // as before, without a second look at the library
 */
export function engineInUse(): EngineReport {
  return inUse;
}

const NOT_NODE = 'a native library needs Node 20.19 or newer';

interface Found extends Loaded {
  readonly path: string;
}

/** The first library that passes, or why none does. */
function find(path: string | undefined): { found?: Found; fault: string; tried: readonly EngineAttempt[] } {
  if (globalThis.process?.getBuiltinModule === undefined) return { fault: NOT_NODE, tried: [] };
  let native: Koffi;
  try {
    native = koffi();
  } catch (error) {
    return { fault: (error as Error).message, tried: [] };
  }
  const named = path ?? (process.env['ASSAY_BLAS'] || undefined);
  const tried: EngineAttempt[] = [];
  const { candidates, faults } = named === undefined ? lookedFor() : { candidates: [named], faults: [] };
  for (const candidate of candidates) {
    try {
      const found = { ...open(native, candidate), path: candidate };
      const reason = `${found.version} with kernels for ${found.core}, on one thread (${candidate})`;
      return { found, fault: '', tried: [...tried, { path: candidate, ok: true, reason }] };
    } catch (error) {
      tried.push({ path: candidate, ok: false, reason: (error as Error).message });
    }
  }
  const reasons = tried.map((attempt) => `${attempt.path}: ${attempt.reason}`);
  return { fault: [...faults, ...reasons].join('; '), tried };
}

/** The libraries to try where none is named, and why there are none of the cache. Those of the system need no folder. */
function lookedFor(): { candidates: readonly string[]; faults: readonly string[] } {
  try {
    const kept = blasBuilds();
    const faults = kept.length === 0 ? [`${nativeRoot()}: no library for this machine`] : [];
    return { candidates: libraries(kept), faults };
  } catch (error) {
    return {
      candidates: libraries([]),
      faults: [`the folder of libraries cannot be read: ${(error as Error).message}`],
    };
  }
}

/** Libraries of this thread that have passed, by path. */
const passed = new Map<string, Loaded>();

function open(native: Koffi, path: string): Loaded {
  const known = passed.get(path);
  if (known !== undefined) return known;
  const fault = elfFault(path);
  if (fault !== null) throw new Error(fault);
  const loaded = withOneThread(native, () => {
    const bound = bind(native.load(path), process.getBuiltinModule('node:path').basename(path), (view) =>
      native.address(view),
    );
    selfTest(bound.blas);
    return bound;
  });
  passed.set(path, loaded);
  return loaded;
}
