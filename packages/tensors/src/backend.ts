/**
 * Which backend computes. `useBackend` looks in a fixed order for what is really there, starts it, cures it, and says
 * what it found and why the others were not taken.
 */
import { oneOf, options as checkNames } from '@assay-ml/numerics/check';
import { useEngine, type EngineName, type EngineReport } from '@assay-ml/numerics/engine';
import * as tf from '@tensorflow/tfjs-core';
import { cure } from './cure.js';
import { registerNative } from './native.js';
import { openWebgpu } from './webgpu.js';

/** The backends this package knows, fastest first. */
const BACKENDS = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;

/** One of the backends this package knows. */
export type BackendName = (typeof BACKENDS)[number];

/** What became of one backend. */
export interface BackendAttempt {
  readonly name: BackendName;
  readonly ok: boolean;
  readonly reason: string;
}

/** What `useBackend` found. */
export interface BackendReport {
  /** The backend that computes now. */
  readonly name: BackendName;
  /** Why this one. */
  readonly why: string;
  /** Every backend that was tried, in order, the one in use last. */
  readonly tried: readonly BackendAttempt[];
  /** Threads one operation may use; undefined where that is not known (a GPU). */
  readonly threads: number | undefined;
  /** Of TensorFlow, on tensorflow; the others are packages, whose versions are known without. */
  readonly version?: string;
  /** The GPU adapter, on webgpu. */
  readonly adapter?: { readonly description: string; readonly software: boolean };
  /** What `useEngine` of `@assay-ml/numerics` found, where an engine was asked for. */
  readonly engine?: EngineReport;
}

/** Options of {@link useBackend}. */
export interface BackendOptions {
  /**
   * Where a browser fetches the `.wasm` files of `@tensorflow/tfjs-backend-wasm/dist` from: a folder that ends in `/`, or
   * one address for each file name. Default: beside the page. Node needs none.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
  /**
   * The engine of `@assay-ml/numerics` on this thread: `'wasm'`, `'blas'` (a native library, in Node), or `'auto'`. Default: the
   * one in use.
   */
  readonly engine?: EngineName | 'auto';
}

interface Opened {
  readonly ok: boolean;
  readonly reason: string;
  readonly threads?: number | undefined;
  readonly version?: string;
  readonly adapter?: { readonly description: string; readonly software: boolean };
}

async function openWasm({ wasmPaths }: BackendOptions): Promise<Opened> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // Threads would make sums depend on the machine, and the kernels of this package work in memory that is not shared.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (wasmPaths !== undefined) setWasmPaths(wasmPaths);
  return { ok: true, reason: 'WebAssembly with SIMD, on one thread', threads: 1 };
}

async function openCpu(): Promise<Opened> {
  await import('@tensorflow/tfjs-backend-cpu');
  return { ok: true, reason: 'plain JavaScript, for checks only', threads: 1 };
}

/** Makes a backend's code present and registered. */
function open(name: BackendName, allowSoftware: boolean, options: BackendOptions): Promise<Opened> {
  switch (name) {
    case 'tensorflow':
      return registerNative();
    case 'webgpu':
      return openWebgpu(allowSoftware);
    case 'wasm':
      return openWasm(options);
    case 'cpu':
      return openCpu();
  }
}

/** Opens and starts one backend, whatever goes wrong. */
async function start(name: BackendName, byName: boolean, options: BackendOptions): Promise<Opened> {
  try {
    const opened = await open(name, byName, options);
    if (!opened.ok) return opened;
    if (await tf.setBackend(name)) return opened;
    return { ok: false, reason: 'TensorFlow.js could not start it and said why on the console' };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Chooses the backend, starts it and installs the cures (see {@link cure}).
 *
 * @param name `'auto'` (default) takes the first that is there of `tensorflow` (native), `webgpu` (a hardware adapter
 *   only), `wasm` and `cpu`. A name takes that one; `webgpu` by name also takes a software adapter, and says so.
 * @returns what was taken and why, and why the others were not
 * @throws Error if the backend or the engine asked for is not there: what was tried, and why it failed. Those in use before
 *   stay.
 * @throws RangeError for a name, an engine or an option this package does not know
 */
export async function useBackend(
  name: BackendName | 'auto' = 'auto',
  options: BackendOptions = {},
): Promise<BackendReport> {
  if (name !== 'auto' && !BACKENDS.includes(name)) {
    throw new RangeError(
      `useBackend: 'name' is '${String(name)}'; must be auto, ${BACKENDS.join(', ')}. Leave it out for auto.`,
    );
  }
  checkNames<BackendOptions>('useBackend', options, { wasmPaths: 1, engine: 1 });
  if (options.engine !== undefined) {
    oneOf('useBackend', 'engine', options.engine, ENGINES, 'Leave it out for the one in use.');
  }
  const before = tf.getBackend();
  try {
    return await choose(name, options);
  } catch (error) {
    if (before) await tf.setBackend(before);
    throw error;
  }
}

const ENGINES = ['wasm', 'blas', 'auto'] as const;

/** The engine comes last: where the backend fails, the one in use has not been touched. */
async function choose(name: BackendName | 'auto', options: BackendOptions): Promise<BackendReport> {
  const tried: BackendAttempt[] = [];
  for (const candidate of name === 'auto' ? BACKENDS : [name]) {
    const { ok, reason, threads, version, adapter } = await start(candidate, name !== 'auto', options);
    tried.push({ name: candidate, ok, reason });
    if (!ok) continue;
    const engine = options.engine === undefined ? undefined : useEngine(options.engine);
    cure();
    const why =
      name === 'auto' ? `the first of ${BACKENDS.join(', ')} that is there: ${reason}` : `asked for: ${reason}`;
    return {
      name: candidate,
      why,
      tried,
      threads,
      ...(version && { version }),
      ...(adapter && { adapter }),
      ...(engine && { engine }),
    };
  }
  const reasons = tried.map((attempt) => `${attempt.name}: ${attempt.reason}`).join('; ');
  throw new Error(`useBackend: '${name}' is not there (${reasons}). ${advice[name]}`);
}

const advice: Readonly<Record<BackendName | 'auto', string>> = {
  auto: 'Install @tensorflow/tfjs-backend-cpu.',
  tensorflow: 'Set it up with `npx @assay-ml/tensors native`, or take auto.',
  webgpu: 'It needs the package webgpu in Node, or a browser with WebGPU; or take auto.',
  wasm: "Serve the .wasm files of @tensorflow/tfjs-backend-wasm/dist and say where in 'wasmPaths', or take auto.",
  cpu: 'Install @tensorflow/tfjs-backend-cpu.',
};
