import { stream, svd } from '@assay-ml/numerics';
import { expect, it } from 'vitest';
import { overlap, rankOf } from '../src/index.js';
import { newtonSchulz } from '../src/newton-schulz.js';
import { exactRows, randomRows, strongestRows } from '../src/subspace.js';

/** A 40 × 24 matrix whose singular values fall like k^−0.7. */
function matrix(): Float64Array {
  const [m, n] = [40, 24];
  const { u, vt } = svd(m, n, stream(1, 'subspace').fillNormal(new Float64Array(m * n)));
  const a = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) a[i * n + j]! += u[i * n + k]! * (k + 1) ** -0.7 * vt[k * n + j]!; // prettier-ignore
  return a;
}
const energy = (a: Float64Array, q: Float64Array, r: number) => {
  let sum = 0;
  for (let i = 0; i < 40; i++) for (let k = 0; k < r; k++) sum += q.subarray(k * 24, (k + 1) * 24).reduce((s, v, j) => s + v * a[i * 24 + j]!, 0) ** 2; // prettier-ignore
  return sum;
};

it('subspace iteration keeps 99.5 % of the best energy from a random start, and more from a warm one', () => {
  const a = matrix();
  const r = 6;
  const best = energy(a, exactRows([40, 24], a, r)!, r);
  const cold = strongestRows([40, 24], a, r, null, stream(2))!;
  const warm = strongestRows([40, 24], a, r, cold.slice(), stream(2))!;
  expect(energy(a, cold, r) / best).toBeGreaterThan(0.995);
  expect(energy(a, warm, r)).toBeGreaterThan(energy(a, cold, r));
  expect(overlap(cold, cold, 24)).toBeCloseTo(1, 12);
});

it('finds no directions in zeros or in NaN', () => {
  expect(strongestRows([40, 24], new Float64Array(960), 3, null, stream(2))).toBeNull();
  expect(strongestRows([40, 24], new Float64Array(960).fill(NaN), 3, null, stream(2))).toBeNull();
  expect(exactRows([40, 24], new Float64Array(960).fill(NaN), 3)).toBeNull();
});

it('random subspaces overlap by r/n in the mean', () => {
  const each = Array.from({ length: 200 }, (_, k) => overlap(randomRows(6, 24, stream(k, 'a')), randomRows(6, 24, stream(k, 'b')), 24)); // prettier-ignore
  expect(each.reduce((a, b) => a + b) / 200).toBeCloseTo(0.25, 2);
});

it('Newton-Schulz brings singular values near 1 and leaves the vectors', () => {
  const values = svd(40, 24, newtonSchulz([40, 24], matrix())).values;
  expect(Math.min(...values)).toBeGreaterThan(0.5);
  expect(Math.max(...values)).toBeLessThan(1.3);
  const zeroed = matrix().map((value, i) => (i % 24 === 3 ? 0 : value));
  newtonSchulz([40, 24], zeroed).forEach((value, i) => i % 24 === 3 && expect(Math.abs(value)).toBe(0));
});

it('counts the rank of a change, and refuses bases of different lengths', () => {
  expect(rankOf([2, 3], Float32Array.of(1, 2, 3, 2, 4, 6))).toBe(1);
  expect(rankOf([2, 2], new Float32Array(4))).toBe(0);
  expect(() => overlap(new Float64Array(6), new Float64Array(3), 3)).toThrow("overlap: 'second' is an array of 3; must be r rows of length 3"); // prettier-ignore
});
