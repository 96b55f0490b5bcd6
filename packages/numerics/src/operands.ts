/** Checks of matrices that a library reads and writes where they lie. */
import { complaint, invalid } from './check.js';
import type { FloatOperand, Operand } from './engine-slot.js';

/** A library's sizes are 32-bit integers. */
export const MOST = 2 ** 31 - 1;

/** Refuses what is no Float32Array: its elements would be read as something else. */
export function requireFloats(name: string, option: string, x: unknown): void {
  if (!(x instanceof Float32Array)) throw new TypeError(complaint(name, option, x, 'a Float32Array'));
}

/** Refuses a matrix of rows × columns that does not lie within its array. A view whose memory has grown has length 0. */
export function requireWithin(
  name: string,
  option: string,
  { array, start, ld }: Operand | FloatOperand,
  rows: number,
  columns: number,
): void {
  if (!Number.isInteger(ld) || ld < columns || ld > MOST) {
    throw invalid(name, `ld${option}`, ld, `an integer from ${columns} to ${MOST}`);
  }
  if (!Number.isInteger(start) || start < 0) throw invalid(name, `start of ${option}`, start, 'an integer from 0 on');
  const end = rows === 0 || columns === 0 ? 0 : start + (rows - 1) * ld + columns;
  if (end > array.length) {
    throw new RangeError(
      `${name}: '${option}' is of length ${array.length}; must be at least ${end}: ${rows} rows of ${columns}, ${ld} apart, from ${start} on.`,
    );
  }
}

/**
 * Refuses a result C that has an element in common with an operand. Parts of one array whose rows lie between each other's
 * have none. Places, steps from row to row and widths are in bytes.
 */
export function refuseShared(
  name: string,
  c: number,
  cRows: number,
  cStep: number,
  cWidth: number,
  option: string,
  x: number,
  xRows: number,
  xStep: number,
  xWidth: number,
): void {
  if (c + (cRows - 1) * cStep + cWidth <= x || x + (xRows - 1) * xStep + xWidth <= c) return;
  for (let i = 0; i < xRows; i++) {
    const from = x + i * xStep;
    // The last row of C that begins before this row ends.
    const row = Math.min(cRows, Math.ceil((from + xWidth - c) / cStep)) - 1;
    if (row >= 0 && c + row * cStep + cWidth > from) {
      throw new RangeError(`${name}: 'c' overlaps '${option}'; must not share memory with it. Use another array.`);
    }
  }
}
