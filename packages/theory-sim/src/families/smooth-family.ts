import { allocate } from '@assay-ml/numerics';
import { checkObject, invalid, positiveInteger, vector } from '../check.js';
import type { Samples } from '../minibatch.js';
import type { Smoothness } from '../theory/l0l1.js';

/**
 * A finite sum f = (1/n) Σ_m f_m, f_m = (1/N_m) Σ_i f_{mi}, whose generalised smoothness, minimiser and derivatives are
 * known. Rows are one-sample functions; `minibatch(family, batchSize)` makes a `Problem` of it.
 */
export interface SmoothFamily extends Samples {
  readonly name: string;
  clientGradient(client: number, x: Float64Array, out: Float64Array): void;
  value(client: number, rows: Uint32Array, x: Float64Array): number;
  /** f(x) − f*, from x − x*: no two large numbers are subtracted. */
  gap(x: Float64Array): number;
  /** Writes ∇f(x) to `out` [d]. */
  fullGradient(x: Float64Array, out: Float64Array): void;
  /** Writes ∇²f(x), or that of one client, to `out` [d·d]. */
  hessian(x: Float64Array, out: Float64Array, client?: number): void;
  /** (L0, L1) of f and of every f_m, in the Hessian form. Exact where the family says so. */
  readonly smoothness: Smoothness;
  /** μ of the PL condition ‖∇f‖² ≥ 2μ(f − f*), 0 where there is none. */
  readonly mu: number;
  /** x* [d]. */
  readonly minimiser: Float64Array;
  /** f* = f(x*). */
  readonly infimum: number;
  /** f_m* of one client. */
  clientInfimum(client: number): number;
}

/** Checks clients' rows and copies them. @throws RangeError naming the client whose rows are no whole ones or not finite */
export function checkRows(where: string, name: string, rows: readonly ArrayLike<number>[], d: number): Float64Array[] {
  checkObject(where, name, rows);
  positiveInteger(where, 'd', d);
  if (rows.length === 0) throw invalid(where, name, rows, 'of at least one client', 'Give one array a client.');
  return rows.map((own, client) => {
    if (!(own?.length > 0 && own.length % d === 0)) {
      throw invalid(where, `${name}[${client}]`, own, `an array of a positive multiple of d = ${d} numbers`, 'Store one row behind the other.'); // prettier-ignore
    }
    return vector(where, `${name}[${client}]`, own, own.length);
  });
}

/** Arrays in the memory of the kernels: views by client, made anew when memory has grown. */
export function stored(parts: readonly Float64Array[]): (client: number) => Float64Array {
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + part.length);
  const block = allocate(ends.at(-1)!);
  parts.forEach((part, k) => block.array.set(part, ends[k]! - part.length));
  let array: Float64Array | undefined;
  let views: Float64Array[] = [];
  return (client) => {
    if (array !== block.array) {
      array = block.array;
      views = parts.map((part, k) => block.array.subarray(ends[k]! - part.length, ends[k]));
    }
    return views[client]!;
  };
}

/** out ← (1/n) Σ_m of what `own` writes for each client. */
export function meanOver(
  n: number,
  out: Float64Array,
  one: Float64Array,
  own: (client: number, out: Float64Array) => void,
): void {
  out.fill(0);
  for (let m = 0; m < n; m++) {
    own(m, one);
    for (let j = 0; j < out.length; j++) out[j] = out[j]! + one[j]! / n;
  }
}
