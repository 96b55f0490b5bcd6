/** What a suite is made of. */
import type { BackendName } from '@assay-ml/tensors';

/** An array that goes to the peers, so that all work on the same instance. */
export interface Input {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float64Array;
}

/** One benchmark with its inputs made. */
export interface Work {
  /** The timed call, up to the end of its promise if it returns one. */
  run(): void | Promise<void>;
  /** What the last call computed. Not timed. */
  result(): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** What a peer in another process needs to do the same. */
  readonly inputs?: Readonly<Record<string, Input | number | string>>;
  /** Gives large memory back, ends threads. */
  free?(): void | Promise<void>;
}

/**
 * What a process of ours computes with: nothing but JavaScript and our WebAssembly ('node'); a backend of
 * `@assay-ml/tensors`; 'stock', TensorFlow.js's own backend wasm, which nobody cured; or 'blas' and 'wasm-blas', as 'node' and
 * 'wasm' with the engine `blas` of `@assay-ml/numerics`, on the kernels for this processor or on those of 256 bits; or
 * 'tensorflow-one', as 'tensorflow' with one thread.
 */
export type Runtime =
  'node' | 'stock' | 'blas' | 'wasm-blas' | 'blas-256' | 'wasm-blas-256' | 'tensorflow-one' | BackendName;

/** Where our own work of a benchmark runs. */
export function runtimeOf({ backend, engine, bits }: Pick<Benchmark, 'backend' | 'engine' | 'bits'>): Runtime {
  if (engine === undefined) return backend ?? 'node';
  const name = backend === undefined ? 'blas' : 'wasm-blas';
  return bits === undefined ? name : `${name}-${bits}`;
}

/** Somebody else's way to do the same work. */
export interface Peer {
  readonly name: string;
  /**
   * Where it runs: 'here', in the same process; 'python', numpy with one thread; 'python-128', the same with OpenBLAS held
   * to kernels of 128 bits, the width that WebAssembly has; 'pypi', with one thread too, in an environment of large packages;
   * 'torch', PyTorch with as many threads as native TensorFlow; 'torch-one', with one; or another process of ours, of which
   * 'tensorflow-one' is native TensorFlow with one thread.
   */
  readonly runtime:
    | 'here'
    | 'python'
    | 'python-128'
    | 'pypi'
    | 'torch'
    | 'torch-one'
    | 'node'
    | 'stock'
    | 'wasm'
    | 'tensorflow'
    | 'tensorflow-one';
  /** Which of the ways that the runtime knows; ours, if left out. */
  readonly variant?: string;
  /** It has another result, as it does less, draws other numbers or learns in another way: only its time counts. */
  readonly otherResult?: true;
  /** Our time over its time should be at most this. */
  readonly goal?: number;
}

export interface Benchmark {
  readonly name: string;
  /** What one call does, so many times; the table gives the time of one. */
  readonly per: { readonly count: number; readonly unit: string };
  /** `checksum` of the result: written down once two implementations agreed on it, compared at every run. */
  readonly checksum: number;
  /** The backend of our own work; none if left out. */
  readonly backend?: BackendName;
  /** The engine of our own work, alone or under the backend wasm; WebAssembly if left out. */
  readonly engine?: 'blas';
  /** Width of the engine's kernels, those of OpenBLAS for Haswell; as wide as the processor if left out. */
  readonly bits?: 256;
  /** Relative tolerance for our own result. Default 1e-9; wider where float32 is summed in another order. */
  readonly precision?: number;
  /** Relative tolerance for peers' results. Default 1e-9; wider where a peer has another random generator. */
  readonly tolerance?: number;
  readonly peers?: readonly Peer[];
  /** Turns that count. Default 8; two where a peer's one call takes a minute, for which its name says so. */
  readonly turns?: number;
  /** Why it cannot run on this machine now, or null. */
  skip?(): string | null | Promise<string | null>;
  /** Makes the inputs, of our own work or of a variant that runs here. */
  prepare(variant?: string): Work | Promise<Work>;
}

/** A sum that notices permuted entries, and what a difference in it is relative to. */
export interface Checksum {
  readonly sum: number;
  readonly scale: number;
}

/** Σ w_i x_i with w_i = (i·2654435761 mod 2³²)/2³² + ½; the scale is Σ w_i |x_i|. peers/protocol.py has the same. */
export function checksum(values: ArrayLike<number>): Checksum {
  let sum = 0;
  let scale = 0;
  for (let i = 0; i < values.length; i++) {
    const term = ((Math.imul(i, 2654435761) >>> 0) / 2 ** 32 + 0.5) * values[i]!;
    sum += term;
    scale += Math.abs(term);
  }
  return { sum, scale };
}
