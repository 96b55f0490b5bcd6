/** The kernels of assembly/, which compute in the memory of @assay-ml/numerics. */
import { memory } from '@assay-ml/numerics/memory';
import { KERNELS } from './kernels.wasm.js';
import type { Precision } from './strips.js';

/** What the module exports for one precision; pointers are byte addresses, see assembly/strips.ts. */
interface Kernels {
  multiply(fives: number, terms: number, d: number, a: number, strips: number, w: number, out: number): void;
  spread(fives: number, terms: number, a: number, strips: number, r: number, rStride: number, out: number, outStride: number): void; // prettier-ignore
  move(bytes: number, s: number, t: number, x: number, g: number, sum: number): void;
  collect(bytes: number, x: number, g: number, next: number, sums: number): void;
  pack(b: number, d: number, padded: number, rows: number, index: number, mean: number, scale: number, byRow: number, byVariable: number): void; // prettier-ignore
  gather(b: number, d: number, rows: number, index: number, mean: number, scale: number, out: number): void;
}

type Named<Bits extends 32 | 64> = { readonly [Name in keyof Kernels as `${Name}${Bits}`]: Kernels[Name] };

const bytes = Uint8Array.from(atob(KERNELS), (character) => character.charCodeAt(0));
const module = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as unknown as
  & Named<32>
  & Named<64>
  & { takeOut(d: number, r: number, c: number, column: number, row: number, noSink: number, noSource: number, found: number): void }; // prettier-ignore

/** One vertex out of the projection's sums; see assembly/project.ts. */
export const { takeOut } = module;

/** The kernels of each precision. */
export const kernels: Readonly<Record<Precision, Kernels>> = {
  float64: {
    multiply: module.multiply64,
    spread: module.spread64,
    move: module.move64,
    collect: module.collect64,
    pack: module.pack64,
    gather: module.gather64,
  },
  float32: {
    multiply: module.multiply32,
    spread: module.spread32,
    move: module.move32,
    collect: module.collect32,
    pack: module.pack32,
    gather: module.gather32,
  },
};
