/**
 * The one WebAssembly module and the one memory of this package.
 *
 * The module's bytes travel in the source as base64 text, and it is compiled synchronously when this file is first
 * imported: no fetch, no file, no promise, so it works in Node, in a worker, in a browser and under any bundler. A
 * browser's main thread refuses to compile large modules synchronously: Chromium above 8 MB since version 114, older
 * ones above 4 kB (import the package in a worker there). The module is some tens of kilobytes.
 *
 * Memory map: static tables and the scratch windows below `heapBase`; from `heapBase` on, the arena of arena.ts.
 */
import { INITIAL_PAGES, KERNELS, MAXIMUM_PAGES } from './kernels.wasm.js';

/** Draws n numbers from number `odd` (0 or 1) of block c0 on, to address `out`. */
export type FillKernel = (
  k0: number,
  k1: number,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  odd: number,
  n: number,
  out: number,
) => void;

/** What the module exports. Pointers are byte addresses in `memory`; all integers are 32-bit. */
export interface Kernels {
  scratch(): number;
  heapBase(): number;
  // Random streams: assembly/random.ts. Key k0, k1; counter c0..c3; `odd`: start at the block's second number.
  philoxBlock(): number;
  philox(k0: number, k1: number, c0: number, c1: number, c2: number, c3: number): void;
  fillUniform: FillKernel;
  fillNormal: FillKernel;
  fillExponential: FillKernel;
  normalOf(u: number): number;
  exponentialOf(u: number): number;
  // Elementary functions: assembly/elementary.ts.
  logOf(x: number): number;
  expOf(x: number): number;
  sinOf(x: number): number;
  cosOf(x: number): number;
  sin(n: number, x: number, out: number): void;
  cos(n: number, x: number, out: number): void;
  exp(n: number, x: number, out: number): void;
  log(n: number, x: number, out: number): void;
  // Dense kernels: assembly/blas.ts.
  scaleInPlace(n: number, alpha: number, x: number): void;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The memory of all kernels. It grows, which detaches `memory.buffer`: never keep a view across calls. */
export const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES });

/** The kernels, typed. */
export const exports = new WebAssembly.Instance(new WebAssembly.Module(decode(KERNELS)), {
  env: {
    memory,
    abort: () => {
      throw new Error('numerics: a kernel stopped; this is a defect of the package.');
    },
  },
}).exports as unknown as Kernels;

/** Byte address of the two scratch windows of `SCRATCH_LENGTH` doubles each. */
export const scratch = exports.scratch();

/** Doubles in one scratch window. */
export const SCRATCH_LENGTH = 2048;

/** First byte that belongs to the arena of arena.ts; a multiple of 16. */
export const heapBase = exports.heapBase();

/** Byte address of the four 32-bit words that `exports.philox` wrote last. */
export const philoxBlock = exports.philoxBlock();
