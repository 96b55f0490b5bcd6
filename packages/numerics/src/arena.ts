/**
 * The arena: blocks of doubles in the one memory of the kernels, which use arrays there without copying.
 *
 * The contract:
 * - A block starts at a multiple of 16 bytes, is filled with zeros, and no two live blocks overlap.
 * - `free` gives it back; using it afterwards throws. A block that nothing refers to any more is given back too, some
 *   time after the collector has seen it: call `free` where memory matters, for no collection is promised, and none
 *   comes before the running code has returned to the event loop.
 * - Memory grows when no free run is long enough, and never shrinks. A growth detaches every view made before it, which
 *   then has length 0; no block is lost, and `block.array` is a new view of the same numbers. So read `block.array` again
 *   after each `allocate`. Only `allocate` makes memory grow, no kernel does, and kernels refuse a detached view by name.
 * - All blocks of one thread together take at most 4 GiB less one page, which is what a 32-bit address reaches.
 */
import { viewAt } from './border.js';
import { MAXIMUM_PAGES } from './kernels.wasm.js';
import { heapBase, memory } from './wasm.js';

/** Doubles in kernel memory; see {@link allocate}. */
export interface Block {
  /**
   * The block's numbers: always a live view, the same object until memory grows. It keeps the block from being
   * collected; a subarray of it does not.
   * @throws TypeError after `free`
   */
  readonly array: Float64Array<ArrayBuffer>;
  /** How many doubles. */
  readonly length: number;
  /**
   * Gives the memory back. Views of the block that are still around must not be used any more.
   * @throws TypeError if it was freed before
   */
  free(): void;
}

const PAGE = 65536;
const LIMIT = MAXIMUM_PAGES * PAGE;

interface Run {
  start: number;
  end: number;
}

/** Free runs of bytes by address; no two touch. */
const free: Run[] = [{ start: heapBase, end: memory.buffer.byteLength }];
/** All bytes from here on have never been handed out, so they are zero. */
let fresh = heapBase;
let inUse = 0;

/** Takes the first free run that is long enough, growing memory where none is. */
function take(length: number, bytes: number): Run {
  let index = free.findIndex((run) => run.end - run.start >= bytes);
  if (index < 0) {
    grow(length, bytes);
    index = free.length - 1;
  }
  const run = free[index]!;
  const taken = { start: run.start, end: run.start + bytes };
  run.start = taken.end;
  if (run.start === run.end) free.splice(index, 1);
  inUse += bytes;
  return taken;
}

/** Gives a run back and joins it with the free runs that it touches. */
function giveBack(run: Run): void {
  inUse -= run.end - run.start;
  let at = free.findIndex((other) => other.start > run.start);
  if (at < 0) at = free.length;
  const before = free[at - 1];
  const after = free[at];
  const start = before?.end === run.start ? before.start : run.start;
  const end = after?.start === run.end ? after.end : run.end;
  const first = start < run.start ? at - 1 : at;
  const joined = (start < run.start ? 1 : 0) + (end > run.end ? 1 : 0);
  free.splice(first, joined, { start, end });
}

/** Makes a free run of at least that many bytes at memory's end. */
function grow(length: number, bytes: number): void {
  const size = memory.buffer.byteLength;
  const last = free.at(-1);
  const start = last?.end === size ? last.start : size;
  const needed = Math.ceil((start + bytes - size) / PAGE);
  const room = (LIMIT - size) / PAGE;
  // By a quarter at least, so that a thousand small blocks do not detach everything a thousand times.
  const ample = Math.min(room, Math.max(needed, Math.ceil(size / PAGE / 4)));
  if (needed > room || !(growBy(ample) || growBy(needed))) {
    throw new RangeError(
      `allocate: 'length' is ${length} (${bytes} bytes) with ${inUse} bytes in use; all blocks must fit into ${LIMIT} bytes, each in one run, and into what the machine gives. Free blocks, or share the work among workers.`,
    );
  }
  if (last?.end === size) free.pop();
  free.push({ start, end: memory.buffer.byteLength });
}

function growBy(pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false;
  }
}

const collected = new FinalizationRegistry<Run>(giveBack);
/** From a view to its block: whoever holds the view holds the block. */
const owners = new WeakMap<Float64Array, Block>();

class ArenaBlock implements Block {
  readonly length: number;
  readonly #run: Run;
  #view = new Float64Array(0);
  #live = true;

  constructor(length: number) {
    this.length = length;
    this.#run = take(length, Math.max(16, Math.ceil(length / 2) * 16));
    const { start, end } = this.#run;
    if (start < fresh) new Uint8Array(memory.buffer, start, Math.min(end, fresh) - start).fill(0);
    fresh = Math.max(fresh, end);
    collected.register(this, this.#run, this);
  }

  get array(): Float64Array<ArrayBuffer> {
    if (!this.#live) this.#refuse('array');
    // A detached view has length 0.
    if (this.#view.length === 0) {
      this.#view = viewAt(this.#run.start, this.length);
      owners.set(this.#view, this);
    }
    return this.#view;
  }

  free(): void {
    if (!this.#live) this.#refuse('free');
    this.#live = false;
    this.#view = new Float64Array(0);
    collected.unregister(this);
    giveBack(this.#run);
  }

  #refuse(member: string): never {
    throw new TypeError(
      `block.${member}: this block of length ${this.length} was freed; must be live. Allocate another, or free it later.`,
    );
  }
}

/**
 * A block of `length` zeros in kernel memory. The kernels of this package, random fills and elementary functions use
 * arrays there where they lie; other arrays they copy in and out.
 *
 * May make memory grow, which detaches every view taken before: read `block.array` again afterwards.
 * @param length doubles, an integer from 0 on
 * @throws RangeError for another length, and where all blocks would take more than 4 GiB (less one page)
 * @example
 * const x = allocate(1000);
 * stream(1, 'x').fillNormal(x.array);
 * x.free();
 */
export function allocate(length: number): Block {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new RangeError(`allocate: 'length' is ${length}; must be an integer from 0 on. Count doubles, not bytes.`);
  }
  return new ArenaBlock(length);
}

/** Bytes that live blocks of this thread take, rounding to 16 bytes included: a test for leaks. */
export function bytesInUse(): number {
  return inUse;
}
