/**
 * The Erdős–Rényi-Kernel rule (Evci, Gale, Menick, Castro, Elsen, arXiv 1911.11134): the density of a tensor is proportional
 * to the sum of its sides over their product, so that its number of kept weights is proportional to the sum of its sides.
 */
import { type LaidOut, sumOfSides } from './layout.js';
import { sizeOf } from './mask.js';

/**
 * How many weights each tensor keeps: `k` in all, exactly. No tensor keeps more than it has, nor fewer than its floor; what
 * that takes or leaves, the others share by the same rule. What is not whole is rounded by largest remainders, the first
 * among equal ones.
 * @param floors least of each tensor, `k` at most in all
 */
export function erkCounts(tensors: readonly LaidOut[], k: number, floors: readonly number[]): number[] {
  const sides = tensors.map((tensor) => sumOfSides('select', tensor));
  const sizes = tensors.map(({ shape }) => sizeOf(shape));
  const shares = (factor: number) => sides.map((sum, l) => Math.min(sizes[l]!, Math.max(floors[l]!, factor * sum)));
  // Their sum grows with the factor; at the upper end all tensors are whole.
  let [low, high] = [0, Math.max(...sizes.map((size, l) => size / sides[l]!))];
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (shares(middle).reduce((sum, share) => sum + share, 0) < k) low = middle;
    else high = middle;
  }
  const exact = shares(high);
  const counts = exact.map((share) => Math.floor(share + 1e-9));
  const left = k - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact
    .map((share, l) => ({ l, remainder: share - counts[l]! }))
    .filter(({ l }) => counts[l]! < sizes[l]!)
    .sort((a, b) => b.remainder - a.remainder || a.l - b.l);
  for (const { l } of byRemainder.slice(0, left)) counts[l]!++;
  return counts;
}
