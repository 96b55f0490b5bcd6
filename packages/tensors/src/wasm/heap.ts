/**
 * The memory of TensorFlow.js's WebAssembly backend, and this package's kernels in it.
 *
 * The kernels are one small module, compiled synchronously from text in the source and linked to the backend's memory:
 * they read and write tensors where they lie. They keep nothing there; scratch space comes from the backend's `malloc`.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { KERNELS } from './kernels.wasm.js';

/** What this package uses of the backend. */
export interface WasmBackend extends tf.KernelBackend {
  readonly wasm: {
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    readonly HEAPU8: Uint8Array;
    _malloc(bytes: number): number;
    _free(address: number): void;
  };
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  getMemoryOffset(dataId: tf.DataId): number;
  incRef(dataId: tf.DataId): void;
}

/** A kernel for some of its inputs; undefined leaves the others to the stock kernel. */
export type PartialKernel = (...args: Parameters<tf.KernelFunc>) => ReturnType<tf.KernelFunc> | undefined;

/** Addresses and counts, 32-bit integers, and constants; assembly/ says what they mean. */
type Kernel = (...args: number[]) => void;

/** This package's kernels, by name. */
export interface Kernels {
  readonly matMul: Kernel;
  readonly conv: Kernel;
  readonly packFilter: Kernel;
  readonly convFilter: Kernel;
  readonly depthwiseInput: Kernel;
  readonly depthwiseFilter: Kernel;
  readonly maxPoolGradient: Kernel;
  readonly avgPoolGradient: Kernel;
  readonly statistics: Kernel;
  readonly normalise: Kernel;
  readonly normaliseSums: Kernel;
  readonly normaliseGradient: Kernel;
  readonly reluGradient: Kernel;
  readonly causalSoftmax: Kernel;
  readonly causalSoftmaxGradient: Kernel;
  readonly classEntropySums: Kernel;
  readonly classEntropyGradient: Kernel;
  readonly gelu: Kernel;
  readonly geluGradient: Kernel;
  readonly layerNorm: Kernel;
  readonly layerNormGradient: Kernel;
  readonly rmsNorm: Kernel;
  readonly rmsNormGradient: Kernel;
  readonly rotary: Kernel;
  readonly swiglu: Kernel;
  readonly swigluGradient: Kernel;
  readonly crossEntropySums: Kernel;
  readonly crossEntropyGradient: Kernel;
  readonly exp: Kernel;
  readonly copyRows: Kernel;
  readonly repeat: Kernel;
  readonly segmentSum: Kernel;
  readonly sgd: Kernel;
  readonly sumRows: Kernel;
  readonly unfold: Kernel;
  readonly fold: Kernel;
  readonly flipFilter: Kernel;
  filterLines(outHeight: number, outWidth: number): number;
}

let module: WebAssembly.Module | undefined;
const instances = new WeakMap<WebAssembly.Memory, Kernels>();

function compile(): WebAssembly.Module {
  const text = atob(KERNELS);
  return new WebAssembly.Module(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/**
 * The kernels, linked to a backend's memory.
 * @throws Error if the backend runs on threads: its memory is another kind
 */
export function kernelsOf(backend: WasmBackend): Kernels {
  const memory = backend.wasm.asm?.memory;
  if (!memory) {
    throw new Error(
      `cure: the backend wasm runs on threads; must run on one. Start it with useBackend('wasm'), or set the flag WASM_HAS_MULTITHREAD_SUPPORT to false before.`,
    );
  }
  let kernels = instances.get(memory);
  if (!kernels) {
    module ??= compile();
    kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
    instances.set(memory, kernels);
  }
  return kernels;
}

/** The address of a tensor's values. It holds until the tensor is disposed: memory grows in place. */
export function addressOf(backend: WasmBackend, { dataId }: tf.TensorInfo): number {
  return backend.getMemoryOffset(dataId);
}

/** Runs with scratch space of so many bytes. */
export function withScratch<T>(backend: WasmBackend, bytes: number, run: (address: number) => T): T {
  // `>>> 0`: an address above 2 GiB comes as a negative number.
  const address = backend.wasm._malloc(bytes) >>> 0;
  if (address === 0 && bytes > 0) {
    throw new Error(`wasm: there is no memory for ${bytes} bytes of scratch space. Use a smaller batch.`);
  }
  try {
    return run(address);
  } finally {
    backend.wasm._free(address);
  }
}
