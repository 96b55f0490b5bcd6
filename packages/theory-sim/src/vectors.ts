/** Sums over short vectors. Plain loops: at these lengths a call into a kernel costs more than the sum. */

/** ‖x‖². */
export function squaredNorm(x: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * x[j]!;
  return sum;
}

/** ‖x − y‖² of `d` numbers that start at the given places. */
export function squaredDistance(x: Float64Array, xAt: number, y: Float64Array, yAt: number, d: number): number {
  let sum = 0;
  for (let j = 0; j < d; j++) {
    const difference = x[xAt + j]! - y[yAt + j]!;
    sum += difference * difference;
  }
  return sum;
}

/** 0, 1, …, count − 1. */
export function indices(count: number): Uint32Array {
  const all = new Uint32Array(count);
  for (let i = 0; i < count; i++) all[i] = i;
  return all;
}

/** True when no entry is NaN or infinite. */
export function isFinite(x: Float64Array): boolean {
  let zero = 0;
  for (let j = 0; j < x.length; j++) zero += 0 * x[j]!;
  return zero === 0;
}

/** True when some entry is NaN. */
export function hasNaN(x: Float64Array): boolean {
  for (let j = 0; j < x.length; j++) if (Number.isNaN(x[j])) return true;
  return false;
}

/** Ξ = (1/S) Σ_s ‖row_s − centre‖² of S rows. */
export function spread(rows: Float64Array, count: number, centre: Float64Array): number {
  const d = centre.length;
  let sum = 0;
  for (let s = 0; s < count; s++) sum += squaredDistance(rows, s * d, centre, 0, d);
  return sum / count;
}

/** The largest number, −Infinity of none: `Math.max(...x)` overflows the stack where there are very many. */
export function largest(x: Iterable<number>): number {
  let most = -Infinity;
  for (const value of x) most = Math.max(most, value);
  return most;
}

/** The smallest number, Infinity of none. */
export function smallest(x: Iterable<number>): number {
  let least = Infinity;
  for (const value of x) least = Math.min(least, value);
  return least;
}

/** ⟨x, y⟩. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * y[j]!;
  return sum;
}

/** Scales `x` to length 1, in place, and returns it; a zero vector stays zero. */
export function normalize(x: Float64Array): Float64Array {
  const norm = Math.sqrt(squaredNorm(x));
  if (norm > 0) for (let j = 0; j < x.length; j++) x[j] = x[j]! / norm;
  return x;
}
