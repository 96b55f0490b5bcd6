/**
 * Native TensorFlow: the backend `tensorflow`, from a library that `npx @assay-ml/tensors native` laid into the cache, or from a
 * `@tensorflow/tfjs-node` whose own installer got through.
 *
 * Of the npm package only the JavaScript is used, and nothing in it changes: the compiled binding is loaded from
 * wherever it lies and given to the package's backend class. Node's modules come from `process.getBuiltinModule`, so
 * that no bundler for browsers meets an import it cannot follow.
 */
import { requireOptions } from '@assay-ml/numerics/check';
import * as tf from '@tensorflow/tfjs-core';
import { nativeBuilds, NATIVE_NAPI } from './native-builds.js';

/** The backend `tensorflow` is registered. */
export interface NativeFound {
  readonly ok: true;
  /** One line for people: version, device, threads, folder. */
  readonly reason: string;
  /** Version of TensorFlow. */
  readonly version: string;
  /** Folder of the library; null when the program had registered the backend by itself before. */
  readonly path: string | null;
  /** Threads one operation may use: `TF_NUM_INTRAOP_THREADS`, else the cores of this machine. */
  readonly threads: number;
  /** True when operations run on a GPU. */
  readonly gpu: boolean;
}

/** What became of looking for native TensorFlow. */
export type NativeResult = NativeFound | { readonly ok: false; readonly reason: string };

/** Options of {@link registerNative}. */
export interface NativeOptions {
  /** A folder as the set-up makes it. Default: the cache's builds (`cuda` first, newest first), then the packages' own. */
  readonly folder?: string;
}

interface Binding {
  readonly TF_Version: string;
}

/** The part of tfjs-node's backend that is read here. */
interface NodeBackend extends tf.KernelBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
}

interface Package {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly require: NodeJS.Require;
}

/** A compiled binding, and the folder to tell people. */
interface Candidate {
  readonly binding: string;
  readonly folder: string;
  /** The name tfjs-node's backend is told: that of the GPU package allows dilated 3-D convolution. */
  readonly packageName: string;
}

const PACKAGES = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'] as const;

let registered: NativeFound | undefined;

/**
 * Registers the backend `tensorflow` if native TensorFlow is here; `tf.setBackend('tensorflow')` then takes it. What
 * it meets there it does not throw. A second call finds the first one's.
 *
 * Threads are TensorFlow's to read from the environment when its library loads: set `TF_NUM_INTRAOP_THREADS`,
 * `TF_NUM_INTEROP_THREADS` and `OMP_NUM_THREADS` before. Its log is set to errors (`TF_CPP_MIN_LOG_LEVEL=2`) unless
 * that is set. On Node 23 and newer the predicates of `node:util` that tfjs-node calls and Node dropped are put back.
 * @param options where to look
 * @returns what was found, or why nothing was and what to do
 * @throws RangeError for an option that is not known, nothing else
 */
export async function registerNative(options: NativeOptions = {}): Promise<NativeResult> {
  requireOptions<NativeOptions>('registerNative', options, { folder: 1 });
  if (registered !== undefined) return registered;
  if (globalThis.process?.getBuiltinModule === undefined) return failed('native TensorFlow needs Node 20.19 or newer');
  if (tf.findBackendFactory('tensorflow') !== null) return (registered = found(null));
  const packages = PACKAGES.flatMap((name) => packageNamed(name) ?? []);
  const [first] = packages;
  if (first === undefined)
    return failed(`${PACKAGES[0]} is not installed: npm install --ignore-scripts ${PACKAGES[0]}`);
  const core = (first.require('@tensorflow/tfjs-core') as typeof tf).Tensor;
  if (core !== tf.Tensor) {
    return failed(
      `${first.name} has a copy of @tensorflow/tfjs-core of its own (${first.require.resolve('@tensorflow/tfjs-core')}). ` +
        'Install the same version of both packages',
    );
  }
  const candidates = options.folder === undefined ? everywhere(packages) : [inFolder(options.folder)];
  if (candidates.length === 0) return failed('native TensorFlow is not set up: npx @assay-ml/tensors native');
  const reasons: string[] = [];
  for (const candidate of candidates) {
    try {
      load(candidate, first);
      return (registered = found(candidate.folder));
    } catch (error) {
      reasons.push(`${candidate.folder} cannot be loaded (${(error as Error).message.split('\n')[0]})`);
    }
  }
  return failed(
    `${reasons.join('; ')}. Set it up anew: npx @assay-ml/tensors native --remove, then npx @assay-ml/tensors native`,
  );
}

const failed = (reason: string): NativeResult => ({ ok: false, reason });

function everywhere(packages: readonly Package[]): Candidate[] {
  const { existsSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const own = packages.flatMap(({ name, folder }) => {
    const binding = join(folder, 'lib', `napi-v${NATIVE_NAPI}`, 'tfjs_binding.node');
    return existsSync(binding) ? [{ binding, folder, packageName: name }] : [];
  });
  return [...nativeBuilds(packages[0]!.version).map(inFolder), ...own];
}

function inFolder(folder: string): Candidate {
  const { basename, join } = process.getBuiltinModule('node:path');
  const packageName = PACKAGES[basename(folder).startsWith('cuda-') ? 1 : 0];
  return { binding: join(folder, 'tfjs_binding.node'), folder, packageName };
}

function packageNamed(name: string): Package | null {
  const { createRequire } = process.getBuiltinModule('node:module');
  const { dirname } = process.getBuiltinModule('node:path');
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const require = createRequire(file);
    const { version } = require(file) as { version: string };
    return { name, version, folder: dirname(file), require };
  } catch {
    return null; // not installed
  }
}

/** Loads a binding into this process and registers it, as the package's own index does. */
function load({ binding, packageName }: Candidate, { require }: Package): void {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restorePredicates(require('node:util') as Record<string, unknown>);
  const native = require(binding) as Binding;
  require('./dist/register_all_kernels');
  const { NodeJSKernelBackend } = require('./dist/nodejs_kernel_backend') as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => NodeBackend;
  };
  const backend = new NodeJSKernelBackend(native, packageName);
  tf.registerBackend('tensorflow', () => backend, 3);
}

/** Node 23 dropped what tfjs-node 4.22 calls. What is there stays. */
function restorePredicates(util: Record<string, unknown>): void {
  util['isArray'] ??= Array.isArray;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
}

function found(path: string | null): NativeFound {
  const { binding, isUsingGpuDevice: gpu } = tf.findBackend('tensorflow') as NodeBackend;
  const { availableParallelism } = process.getBuiltinModule('node:os');
  const asked = Number(process.env['TF_NUM_INTRAOP_THREADS']);
  const threads = Number.isSafeInteger(asked) && asked > 0 ? asked : availableParallelism();
  const device = gpu ? 'a GPU' : `the CPU with ${threads === 1 ? 'one thread' : `${threads} threads`}`;
  const where = path === null ? 'registered by the program' : path;
  return {
    ok: true,
    reason: `TensorFlow ${binding.TF_Version} on ${device} (${where})`,
    version: binding.TF_Version,
    path,
    threads,
    gpu,
  };
}
