/**
 * Arrays for the kernels, wherever they lie: tensors' memory while {@link withMemory} runs is read and written in place; other
 * arrays are copied, strip by strip, into a small memory and back. A kernel gives the same bits either way.
 */
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, type Kernels, kernelsIn, kernelsOf, type WasmBackend, withScratch } from './heap.js';

/** Bytes that arrays are copied into: half of what a core keeps near it. */
const SPACE = 1 << 18;
/** Elements that sums are blocked by: a strip is a multiple of them, so that sums do not depend on strips. */
const BLOCK = 1024;

/** A memory with kernels, and where there is room in it for copies. */
interface Place {
  readonly kernels: Kernels;
  readonly memory: WebAssembly.Memory;
  readonly scratch: number;
}

/** The places whose memory tensors lie in, by its buffer. */
const places = new WeakMap<ArrayBufferLike, Place>();

let own: Place | undefined;

function ownPlace(bytes: number): Place {
  if (own === undefined) {
    const memory = new WebAssembly.Memory({ initial: 1 });
    own = { kernels: kernelsIn(memory), memory, scratch: 0 };
  }
  const lacking = bytes - own.memory.buffer.byteLength;
  if (lacking > 0) own.memory.grow(Math.ceil(lacking / 65536));
  return own;
}

/** An array that a kernel takes. */
export interface Operand {
  readonly values: Float32Array | Uint32Array;
  /** Most elements of a unit; 0 for an array that every unit needs whole. */
  readonly per: number;
  /** Elements before a unit. Default `per` for each. */
  readonly before?: (unit: number) => number;
  readonly written?: true;
}

/** Bytes that copies of arrays outside a place's memory take; each begins at a multiple of 16. */
function room(place: Place | undefined, operands: readonly Operand[], units: number): number {
  let bytes = 0;
  for (const { values, per } of operands) {
    if (values.buffer !== place?.memory.buffer) bytes += 16 + (per === 0 ? values.byteLength : 4 * per * units);
  }
  return bytes;
}

/** Runs a kernel over `units` parts of arrays, in as few strips as there is room for. */
export function inStrips(
  units: number,
  operands: readonly Operand[],
  run: (kernels: Kernels, units: number, addresses: readonly number[]) => void,
): void {
  let near: Place | undefined;
  for (const { values } of operands) near ??= places.get(values.buffer);
  const place =
    near && room(near, operands, 1) <= SPACE ? near : ownPlace(Math.max(SPACE, room(undefined, operands, 1)));
  const [fixed, one] = [room(place, operands, 0), room(place, operands, 1)];
  const most = one === fixed ? units : Math.max(1, Math.floor((SPACE - fixed) / (one - fixed)));
  const strip = most > BLOCK ? most - (most % BLOCK) : most;
  for (let from = 0; from < units; from += strip) {
    const count = Math.min(strip, units - from);
    const copies: { readonly outside: Uint32Array; readonly inside: Uint32Array }[] = [];
    const addresses: number[] = [];
    let free = place.scratch;
    for (const operand of operands) {
      const { values, per, before } = operand;
      const start = before ? before(from) : from * per;
      const { buffer } = place.memory;
      if (values.buffer === buffer) {
        addresses.push(values.byteOffset + 4 * start);
        continue;
      }
      const end = before ? before(from + count) : (from + count) * per;
      const length = per === 0 ? values.length : end - start;
      const outside = new Uint32Array(values.buffer, values.byteOffset + 4 * start, length);
      const inside = new Uint32Array(buffer, free, length);
      inside.set(outside);
      if (operand.written) copies.push({ outside, inside });
      addresses.push(free);
      free += (4 * length + 15) & ~15;
    }
    run(place.kernels, count, addresses);
    for (const { outside, inside } of copies) outside.set(inside);
  }
}

/** What this file uses of TensorFlow.js's engine. */
interface Engine {
  readonly state: { readonly tensorInfo: WeakMap<tf.DataId, { readonly backend: tf.KernelBackend }> };
  moveData(backend: tf.KernelBackend, dataId: tf.DataId): void;
}

/** Whether the numbers of tensors can be reached: on a cured wasm. */
export function hasMemory(): boolean {
  return tf.getBackend() === 'wasm' && tf.getKernel('AssaySgd', 'wasm') !== undefined;
}

/** Whether other tensors lie on a tensor's memory: clones, reshaped ones, and the one that a variable was made of. */
export function isShared({ dataId }: tf.Tensor): boolean {
  const { state } = tf.engine() as unknown as Engine;
  return state.tensorInfo.get(dataId)!.backend.refCount(dataId) > 1;
}

/**
 * Hands float32 tensors of a cured wasm to a function as arrays on their own memory: what it writes there is in the tensors. It
 * must not make tensors, which may move memory, and the arrays are of no use after it.
 * @throws Error if the memory moved meanwhile
 */
export function withMemory<T>(tensors: readonly tf.Tensor[], run: (arrays: Float32Array[]) => T): T {
  const backend = tf.backend() as unknown as WasmBackend;
  const kernels = kernelsOf(backend);
  const engine = tf.engine() as unknown as Engine;
  for (const { dataId } of tensors) {
    if (engine.state.tensorInfo.get(dataId)!.backend !== backend) engine.moveData(backend, dataId);
  }
  return withScratch(backend, SPACE, (scratch) => {
    const memory = backend.wasm.asm!.memory!;
    const { buffer } = memory;
    places.set(buffer, { kernels, memory, scratch });
    let result: T;
    try {
      result = run(tensors.map((tensor) => new Float32Array(buffer, tensor.size === 0 ? 0 : addressOf(backend, tensor), tensor.size))); // prettier-ignore
    } finally {
      places.delete(buffer);
    }
    if (memory.buffer === buffer) return result;
    throw new Error('withMemory: memory grew while a function wrote into tensors; must not. Make no tensors in it.');
  });
}
