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
  readonly buffer: ArrayBufferLike;
  /** All of it. */
  readonly floats: Float32Array;
  readonly words: Uint32Array;
  readonly scratch: number;
}

function placeIn(memory: WebAssembly.Memory, scratch: number): Place {
  const { buffer } = memory;
  return {
    kernels: kernelsIn(memory),
    buffer,
    floats: new Float32Array(buffer),
    words: new Uint32Array(buffer),
    scratch,
  };
}

/** The places whose memory tensors lie in, by its buffer. */
const places = new WeakMap<ArrayBufferLike, Place>();

/** For arrays that lie elsewhere. */
let ownMemory: WebAssembly.Memory | undefined;
let own: Place | undefined;

function ownPlace(bytes: number): Place {
  if (own === undefined || own.buffer.byteLength < bytes) {
    ownMemory ??= new WebAssembly.Memory({ initial: 0 });
    ownMemory.grow(Math.ceil((bytes - ownMemory.buffer.byteLength) / 65536));
    own = placeIn(ownMemory, 0);
  }
  return own;
}

/** An array that a kernel takes. */
export interface Operand {
  readonly values: Float32Array | Uint32Array;
  /** Most elements of a unit; 0 for an array that every unit needs whole. */
  readonly per: number;
  readonly written: boolean;
  /** Elements before a unit; null: `per` for each. */
  readonly before: ((unit: number) => number) | null;
}

/** Runs a kernel over `units` parts of arrays, in as few strips as there is room for. */
export function inStrips(
  units: number,
  operands: readonly Operand[],
  run: (kernels: Kernels, units: number, addresses: readonly number[]) => void,
): void {
  let near: Place | undefined;
  for (const { values } of operands) near ??= places.get(values.buffer);
  // Bytes to be copied, of which each copy begins at a multiple of 16.
  let [fixed, each] = [0, 0];
  for (const { values, per } of operands) {
    if (values.buffer === near?.buffer) continue;
    fixed += 16 + (per === 0 ? values.byteLength : 0);
    each += 4 * per;
  }
  if (near === undefined || fixed + each > SPACE) {
    [fixed, each] = [0, 0];
    for (const { values, per } of operands) {
      fixed += 16 + (per === 0 ? values.byteLength : 0);
      each += 4 * per;
    }
    near = ownPlace(Math.max(SPACE, fixed + each));
  }
  const { kernels, buffer, floats, words, scratch } = near;
  const most = each === 0 ? units : Math.max(1, Math.floor((SPACE - fixed) / each));
  const strip = most > BLOCK ? most - (most % BLOCK) : most;
  for (let from = 0; from < units; from += strip) {
    const count = Math.min(strip, units - from);
    const copies: { readonly part: Float32Array; readonly at: number }[] = [];
    const addresses: number[] = [];
    let free = scratch;
    for (const { values, per, before, written } of operands) {
      const start = before ? before(from) : from * per;
      if (values.buffer === buffer) {
        addresses.push(values.byteOffset + 4 * start);
        continue;
      }
      const end = per === 0 ? values.length : before ? before(from + count) : (from + count) * per;
      const part = end - start === values.length ? values : values.subarray(start, end);
      if (part instanceof Uint32Array) words.set(part, free >>> 2);
      else {
        floats.set(part, free >>> 2);
        if (written) copies.push({ part, at: free >>> 2 });
      }
      addresses.push(free);
      free += (4 * part.length + 15) & ~15;
    }
    run(kernels, count, addresses);
    for (const { part, at } of copies) part.set(floats.subarray(at, at + part.length));
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
  kernelsOf(backend); // refuses threads
  const engine = tf.engine() as unknown as Engine;
  for (const { dataId } of tensors) {
    if (engine.state.tensorInfo.get(dataId)!.backend !== backend) engine.moveData(backend, dataId);
  }
  return withScratch(backend, SPACE, (scratch) => {
    const memory = backend.wasm.asm!.memory!;
    const { buffer } = memory;
    places.set(buffer, placeIn(memory, scratch));
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
