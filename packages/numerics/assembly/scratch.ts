/**
 * Scratch memory at a fixed low address: two windows of 2,048 doubles, small enough that both stay in a 32 kB first-level
 * cache. Arrays outside kernel memory pass through it in pieces. No kernel keeps anything here between calls.
 */
export const SCRATCH_BYTES: usize = 32768;

/** Sums of products are taken in blocks of one window, so that src/ can hand over copied arrays block by block. */
export const BLOCK = 2048;

const window: usize = memory.data(32768, 16);

/** Address of the scratch windows. */
export function scratch(): usize {
  return window;
}

/** Where src/ copies blocks of matrices that lie outside kernel memory: 131,072 doubles. */
const area: usize = memory.data(1048576, 16);

/** Address of the staging area. */
export function staging(): usize {
  return area;
}

/** Room for a packed block of 120 × 256 and one of 256 × 512 doubles. */
const rows: usize = memory.data(245760, 16);
const columns: usize = memory.data(1048576, 16);

/** Address of the packed rows of a matrix product. */
export function packedRows(): usize {
  return rows;
}

/** Address of the packed columns of a matrix product. */
export function packedColumns(): usize {
  return columns;
}

/** First address above all static data; everything from here on belongs to the arena. */
export function heapBase(): usize {
  return (__heap_base + 15) & ~<usize>15;
}
