import type { Matrix, Numbers } from '../method.js';

/** ‖u_j‖/(‖g_j‖ + 1e-8) of each row of two matrices, or of each column. */
export function ratios([a, b]: Matrix, u: Numbers, g: Numbers, rows: boolean): Float64Array {
  const count = rows ? a : b;
  const [above, below] = [new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const k = rows ? i : j;
      above[k]! += u[i * b + j]! ** 2;
      below[k]! += g[i * b + j]! ** 2;
    }
  }
  return above.map((sum, k) => Math.sqrt(sum) / (Math.sqrt(below[k]!) + 1e-8));
}

/** Largest growth of an update's norm from a step to the next, of Fira and APOLLO. */
const GROWTH = 1.01;

/** Keeps ‖update‖ within 1.01 times the last one's, which `extra` holds (0: no last one). */
export function limitGrowth(update: Float64Array, [last]: readonly Numbers[]): void {
  const norm = Math.sqrt(update.reduce((sum, value) => sum + value * value, 0));
  const limit = last![0]! > 0 ? Math.max(norm / (last![0]! + 1e-8), GROWTH) / GROWTH : 1;
  if (limit > 1) for (let i = 0; i < update.length; i++) update[i]! /= limit;
  last![0] = norm / limit;
}
