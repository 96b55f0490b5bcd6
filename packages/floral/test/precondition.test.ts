import { cholesky, gemm } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FactorBlock, layoutOf, precondition, solveSpd } from '../src/index.js';
import { apart, kernelOf, random } from './reference.js';

describe('solveSpd', () => {
  it('solves what it is given, many at a time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 1e6 }),
        (n, columns, count, seed) => {
          // prettier-ignore
          const a = new Float64Array(count * n * n);
          for (let s = 0; s < count; s++) {
            const square = gemm(n, n, n, random(seed + s, n * n), random(seed + s, n * n), new Float64Array(n * n), { transposeB: true }); // prettier-ignore
            for (let i = 0; i < n; i++) square[i * n + i]! += n;
            a.set(square, s * n * n);
          }
          const wanted = random(seed + 9, count * n * columns);
          const right = new Float64Array(wanted.length);
          for (let s = 0; s < count; s++) {
            gemm(n, columns, n, a.slice(s * n * n, (s + 1) * n * n), wanted.slice(s * n * columns, (s + 1) * n * columns), right.subarray(s * n * columns, (s + 1) * n * columns)); // prettier-ignore
          }
          const lower = cholesky(n, a.slice(0, n * n));
          expect(apart(solveSpd(count, n, a, columns, right), wanted)).toBeLessThan(1e-10);
          for (let i = 0; i < n; i++)
            for (let j = 0; j <= i; j++) expect(a[i * n + j]).toBeCloseTo(lower[i * n + j]!, 10);
        },
      ),
      { numRuns: 40 },
    );
  });
  it('refuses what it cannot solve', () => {
    expect(() => solveSpd(1, 2, Float64Array.of(1, 2, 2, 1), 1, new Float64Array(2))).toThrow('system 0 is not positive definite in row 1'); // prettier-ignore
    expect(() => solveSpd(1, 65, new Float64Array(65 * 65), 1, new Float64Array(65))).toThrow("'n' is 65; must be an integer from 1 to 64."); // prettier-ignore
    expect(() => solveSpd(1, 2, new Float64Array(4), 1, new Float64Array(3))).toThrow('must be 4 and 2');
  });
});

const dense = (clusters: number, rank: number) =>
  layoutOf([{ kind: 'dense', name: 'd', inputs: 7, outputs: 6 }], { clusters, rank });

/** Gradients of factors from that of their product: G_V = Gᵀ-side times U, G_U likewise. */
function pulled(block: FactorBlock, adaptors: Float64Array, G: Float64Array, size: number): Float64Array {
  const { inputs: n, outputs: m, rank, v, u } = block;
  const out = new Float64Array(size);
  for (let j = 0; j < rank; j++) for (let i = 0; i < n; i++) for (let o = 0; o < m; o++) {
    out[v.start + j * n + i]! += G[i * m + o]! * adaptors[u.start + j * m + o]!;
    out[u.start + j * m + o]! += G[i * m + o]! * adaptors[v.start + j * n + i]!;
  } // prettier-ignore
  return out;
}

describe('the preconditioner', () => {
  it('of rank 1 divides by the other factor’s square, and leaves vectors alone', () => {
    const layout = dense(2, 1);
    const block = layout.adaptors[0] as FactorBlock;
    const [adaptors, gradients] = [random(1, layout.adaptorSize), random(2, layout.adaptorSize)];
    const found = gradients.slice();
    precondition(layout, adaptors, found, 0.5);
    const vector = layout.adaptors[1] as { part: { start: number; length: number } };
    for (let c = 0; c < 2; c++) {
      const [v, u] = [block.v.start + 7 * c, block.u.start + 6 * c];
      const square = (at: number, n: number) => adaptors.subarray(at, at + n).reduce((sum, x) => sum + x * x, 0);
      for (let i = 0; i < 7; i++) expect(found[v + i]).toBeCloseTo(gradients[v + i]! / (square(u, 6) + 0.5), 12);
      for (let i = 0; i < 6; i++) expect(found[u + i]).toBeCloseTo(gradients[u + i]! / (square(v, 7) + 0.5), 12);
    }
    for (let i = 0; i < 12; i++) expect(found[vector.part.start + i]).toBe(gradients[vector.part.start + i]);
  });

  it('does not see how the size of a product is split among its factors', () => {
    const layout = dense(1, 3);
    const block = layout.adaptors[0] as FactorBlock;
    const adaptors = random(3, layout.adaptorSize);
    const G = random(4, 42);
    const moved = (scale: number) => {
      const a = adaptors.slice();
      for (let i = 0; i < block.v.length; i++) a[block.v.start + i]! /= scale;
      for (let i = 0; i < block.u.length; i++) a[block.u.start + i]! *= scale;
      const g = pulled(block, a, G, layout.adaptorSize);
      precondition(layout, a, g, 1e-14);
      return kernelOf(layout, a.map((x, i) => x - 1e-4 * g[i]!), 0); // prettier-ignore
    };
    expect(apart(moved(7), moved(1))).toBeLessThan(1e-9);
    expect(apart(moved(0.01), moved(1))).toBeLessThan(1e-7);
  });

  it('of a convolution divides by the norm of the other factor’s Gram tensor, place by place', () => {
    const layout = layoutOf([{ kind: 'conv', name: 'c', kernel: [3, 3], inputs: 2, outputs: 4 }], { clusters: 1, rank: 2, adaptors: { bias: false } }); // prettier-ignore
    const { v, u, rank, outPlaces, outputs, inPlaces, inputs } = layout.adaptors[0] as FactorBlock;
    const [adaptors, gradients] = [random(5, layout.adaptorSize), random(6, layout.adaptorSize)];
    const norm = (at: number, places: number, side: number) => {
      let squares = 0;
      for (let p = 0; p < places; p++) for (let a = 0; a < rank; a++) for (let b = 0; b < rank; b++) {
        let sum = 0;
        for (let k = 0; k < side; k++) sum += adaptors[at + (a * places + p) * side + k]! * adaptors[at + (b * places + p) * side + k]!; // prettier-ignore
        squares += sum ** 2;
      } // prettier-ignore
      return Math.sqrt(squares) + 1e-5;
    };
    const found = gradients.slice();
    precondition(layout, adaptors, found);
    for (let i = 0; i < v.length; i++) expect(found[v.start + i]).toBeCloseTo(gradients[v.start + i]! / norm(u.start, outPlaces, outputs), 12); // prettier-ignore
    for (let i = 0; i < u.length; i++) expect(found[u.start + i]).toBeCloseTo(gradients[u.start + i]! / norm(v.start, inPlaces, inputs), 12); // prettier-ignore
  });

  it('refuses an ε of 0', () => {
    expect(() => precondition(dense(1, 1), new Float64Array(19), new Float64Array(19), 0)).toThrow("'epsilon' is 0; must be a finite number > 0."); // prettier-ignore
  });
});
