/** What all kernels do with a caller's arrays: find them in kernel memory, copy the others in and out, refuse bad ones. */
import { complaint, shown } from './check.js';
import { memory, scratch, SCRATCH_LENGTH, staging, STAGING_LENGTH } from './wasm.js';

/** Address of the second scratch window. */
export const secondScratch = scratch + 8 * SCRATCH_LENGTH;

/** The buffer of kernel memory. Valid after {@link refresh}. */
export let kernelBuffer = memory.buffer;
/** The first scratch window. Valid after {@link refresh}. */
export let firstWindow = new Float64Array(kernelBuffer, scratch, SCRATCH_LENGTH);
/** The second scratch window. Valid after {@link refresh}. */
export let secondWindow = new Float64Array(kernelBuffer, secondScratch, SCRATCH_LENGTH);
/** The staging area. Valid after {@link refresh}. */
export let stagingArea = new Float64Array(kernelBuffer, staging, STAGING_LENGTH);

/** Makes the views anew if memory has grown. Called once at the start of each kernel; kernels do not make it grow. */
export function refresh(): void {
  if (firstWindow.length > 0) return;
  kernelBuffer = memory.buffer;
  firstWindow = new Float64Array(kernelBuffer, scratch, SCRATCH_LENGTH);
  secondWindow = new Float64Array(kernelBuffer, secondScratch, SCRATCH_LENGTH);
  stagingArea = new Float64Array(kernelBuffer, staging, STAGING_LENGTH);
}

/** Copies `length` doubles; a loop, which for few of them is faster than `set`. */
export function copy(length: number, from: Float64Array, at: number, to: Float64Array, toAt: number): void {
  if (length > 64) to.set(from.subarray(at, at + length), toAt);
  else for (let i = 0; i < length; i++) to[toAt + i] = from[at + i]!;
}

/** Lets a subclass put private fields on an object that exists. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the constructor is the point
class Existing {
  constructor(object: object) {
    return object;
  }
}

/** A private mark on a view: its address. */
class Placed extends Existing {
  readonly #address: number;

  constructor(view: Float64Array, address: number) {
    super(view);
    this.#address = address;
  }

  static addressOf(x: Float64Array): number {
    if (#address in x) return x.#address;
    return x.buffer === kernelBuffer ? x.byteOffset : 0;
  }

  static addressOfDoubles(name: string, option: string, x: Float64Array): number {
    if (#address in x) return x.#address;
    requireDoubles(name, option, x);
    return x.buffer === kernelBuffer ? x.byteOffset : 0;
  }
}

/** The view of `length` doubles at `address`, with a mark that lets {@link addressOf} find the address at once. */
export function viewAt(address: number, length: number): Float64Array<ArrayBuffer> {
  const view = new Float64Array(memory.buffer, address, length);
  new Placed(view, address);
  return view;
}

/**
 * Byte address of x in kernel memory, 0 for an array outside of it. Engines take some 40 ns each to fetch the buffer and
 * the offset of an array without the mark: ask once a call.
 */
export function addressOf(x: Float64Array): number {
  return Placed.addressOf(x);
}

/**
 * {@link addressOf} of an array whose kind nobody has checked; what has the mark takes no time more. For calls of some 20 ns: in
 * others `requireDoubles` comes first, which refuses undefined and null by name, too.
 */
export function addressOfDoubles(name: string, option: string, x: Float64Array): number {
  return Placed.addressOfDoubles(name, option, x);
}

/** Address of `length` elements of x from `at` on: where they lie, or in the window at `copied` that they are copied to. */
export function place(
  address: number,
  x: Float64Array,
  at: number,
  length: number,
  window: Float64Array,
  copied: number,
): number {
  if (address !== 0) return address + 8 * at;
  copy(length, x, at, window, 0);
  return copied;
}

/** Refuses what is no Float64Array: copied into kernel memory, other elements are rounded or read as something else. */
export function requireDoubles(name: string, option: string, x: unknown): void {
  if (!(x instanceof Float64Array)) requireKind(name, option, x, 'Float64Array');
}

/** Refuses what is no array of that kind. Its constructor may be that of another realm, such as an iframe. */
export function requireKind(name: string, option: string, x: unknown, kind: 'Float64Array' | 'Uint32Array'): void {
  const found = ArrayBuffer.isView(x) ? (x as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] : undefined;
  if (found === kind) return;
  const what = found === undefined ? shown(x) : `${found.startsWith('I') ? 'an' : 'a'} ${found}`;
  throw new TypeError(`${name}: '${option}' is ${what}; must be a ${kind}. Convert it by ${kind}.from.`);
}

/** Refuses a factor that is no number: of a text or null each engine would make another one. NaN and infinities are numbers. */
export function requireNumber(name: string, option: string, value: number): void {
  if (typeof value !== 'number') throw new TypeError(complaint(name, option, value, 'a number'));
}

/** Refuses a switch that is neither on nor off: 'N', which BLAS takes for "not transposed", would count as true. */
export function requireSwitch(name: string, option: string, value: boolean): void {
  if (typeof value !== 'boolean') throw new TypeError(complaint(name, option, value, 'true or false'));
}

/** A view that kernel memory's growth has emptied must not pass as an array of length 0. */
export function refuseDetached(name: string, option: string, array: ArrayBufferView): void {
  try {
    new Uint8Array(array.buffer, 0, 0);
  } catch {
    throw new TypeError(
      `${name}: '${option}' is a view of kernel memory that has grown since; must be a live array. Read block.array again after allocate.`,
    );
  }
}

/** Results must not overwrite what is still to be read. Takes the arrays with their addresses. */
export function refuseOverlap(
  name: string,
  output: string,
  y: Float64Array,
  yAddress: number,
  input: string,
  x: Float64Array,
  xAddress: number,
): void {
  // Both in kernel memory, or neither; only then can they overlap.
  if ((yAddress === 0) !== (xAddress === 0)) return;
  const yStart = yAddress || y.byteOffset;
  const xStart = xAddress || x.byteOffset;
  if (yStart >= xStart + 8 * x.length || xStart >= yStart + 8 * y.length) return;
  if (yAddress !== 0 || y.buffer === x.buffer) {
    throw new RangeError(`${name}: '${output}' overlaps '${input}'; must not share memory with it. Use another array.`);
  }
}

/** y ← βy; y is not read for β = 0. */
export function scale(beta: number, y: Float64Array): void {
  if (beta === 0) y.fill(0);
  else for (let i = 0; i < y.length; i++) y[i]! *= beta;
}
