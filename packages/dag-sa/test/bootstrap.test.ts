import { stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import { bootstrap, fit, linearSem } from '../src/index.js';

// 0 → 1 strong; 1 → 2 hardly; 3 apart.
const d = 4;
const W = new Float64Array(d * d);
W[1] = 1.5;
W[d + 2] = 0.11;
const n = 300;
const X = linearSem(W, d, { seed: 4 }).sample(n);
const find = (edges: readonly { from: number; to: number }[], from: number, to: number) =>
  edges.findIndex((edge) => edge.from === from && edge.to === to);

describe('bootstrap', () => {
  it('counts the edges of fits on rows drawn with replacement, by keyed streams', () => {
    const resamples = 12;
    const counts = new Float64Array(d * d);
    const draw = stream(7, 'bootstrap');
    for (let b = 0; b < resamples; b++) {
      draw.at(b);
      const rows = Array.from({ length: n }, () => draw.integer(n)).map((r) => [...X.subarray(r * d, (r + 1) * d)]);
      for (const { from, to } of fit(rows, { method: 'eqvar-td' }).edges) counts[from * d + to]!++;
    }
    const { frequency, edges } = bootstrap(X, d, { method: 'eqvar-td', resamples, seed: 7 });
    expect([...frequency]).toEqual([...counts].map((count) => count / resamples));
    for (const { from, to, directed, adjacent } of edges) {
      expect(directed.value).toBe(frequency[from * d + to]);
      expect(adjacent.value).toBeCloseTo(frequency[from * d + to]! + frequency[to * d + from]!, 12);
    }
    expect(edges).toHaveLength(counts.filter((count) => count > 0).length);
  });

  it('a strong edge comes back always, a weak one sometimes, and the order of edges says so', () => {
    const { edges } = bootstrap(X, d, { method: 'eqvar-td' });
    expect(find(edges, 0, 1)).toBe(0);
    expect(edges[0]!.directed.value).toBe(1);
    const weak = edges.filter(({ from, to }) => from + to === 3 && from * to === 2);
    expect(weak.length).toBeGreaterThan(0);
    for (const { directed, adjacent } of weak) {
      expect(directed.value).toBeLessThan(0.9);
      expect(adjacent.value).toBeGreaterThanOrEqual(directed.value);
    }
    const values = edges.map(({ directed }) => directed.value);
    expect(values).toEqual(values.slice().sort((a, b) => b - a));
  });

  it('the interval is Wilson’s: all of 100 is [0.963, 1]', () => {
    const { edges } = bootstrap(X, d, { method: 'eqvar-td' });
    expect(edges[0]!.directed.interval[0]).toBeCloseTo(0.96301, 5);
    expect(edges[0]!.directed.interval[1]).toBe(1);
    // The ends solve (p̂ − p)² = z² p (1 − p)/B.
    for (const { directed } of edges.filter((edge) => edge.directed.value < 1)) {
      for (const p of directed.interval) {
        expect((directed.value - p) ** 2).toBeCloseTo((1.959963984540054 ** 2 * p * (1 - p)) / 100, 12);
      }
      expect(directed.interval[0]).toBeLessThan(directed.value);
      expect(directed.interval[1]).toBeGreaterThan(directed.value);
    }
  });

  it.each(['random-order', 'boss'] as const)(
    'where %s cannot tell, the edge is sure and its direction is not',
    (method) => {
      const { edges } = bootstrap(X, d, { method, resamples: 60 });
      const [forwards, backwards] = [edges[find(edges, 0, 1)]!, edges[find(edges, 1, 0)]!];
      expect(forwards.adjacent.value).toBe(1);
      expect(forwards.directed.value + backwards.directed.value).toBeCloseTo(1, 12);
      expect(Math.abs(forwards.directed.value - 0.5)).toBeLessThan(0.2);
    },
  );

  it('labels of environments stay with their rows', () => {
    const shifted = X.slice();
    const environment = Array.from({ length: n }, (_, r) => (r < 200 ? 'a' : 'b'));
    for (let at = 0; at < 200 * d; at++) shifted[at]! += 50;
    const plain = bootstrap(X, d, { method: 'eqvar-td', environment, resamples: 20 });
    expect(bootstrap(shifted, d, { method: 'eqvar-td', environment, resamples: 20 }).edges).toEqual(plain.edges);
    expect(bootstrap(shifted, d, { method: 'eqvar-td', resamples: 20 }).edges).not.toEqual(plain.edges);
  });

  it('refuses what is outside, and what is wrong with the table itself', () => {
    expect(() => bootstrap(X, d, { resamples: 0 })).toThrow(
      "bootstrap: 'resamples' is 0; must be an integer of at least 1.",
    );
    expect(() => bootstrap(X, d, { seed: 0.5 })).toThrow("bootstrap: 'seed' is 0.5; must be an integer of at least 0.");
    expect(() => bootstrap(X.subarray(1), d)).toThrow("bootstrap: 'n' is 299.75; must be an integer of at least 2.");
    expect(() => bootstrap([[1, 2]] as never, 2)).toThrow(
      "bootstrap: 'X' is [1,2]; must be a Float64Array, row by row.",
    );
    expect(() => bootstrap(X, d, { environment: ['a'] })).toThrow(
      "bootstrap: 'environment' is 1 labels; must be n = 300",
    );
    const flat = X.map((value, at) => (at % d === 0 ? 1 : value));
    expect(() => bootstrap(flat, d)).toThrow("bootstrap: 'column x0' is constant; must be varying. Leave it out.");
  });

  it('D6: counts resamples that cannot be fitted, and takes shares over the others', () => {
    const rare = X.slice();
    for (let r = 0; r < n; r++) rare[r * d] = Number(r === 0);
    const { failed, resamples, frequency, edges } = bootstrap(rare, d, { method: 'eqvar-td', resamples: 40 });
    expect(resamples).toBe(40);
    // Each resample lacks the row with (1 − 1/n)ⁿ ≈ 0.37.
    expect(failed.length).toBeGreaterThan(6);
    expect(failed.length).toBeLessThan(26);
    for (const { message } of failed) expect(message).toBe("fit: 'column x0' is constant; must be varying. Leave it out."); // prettier-ignore
    for (const { from, to, directed } of edges) {
      expect(directed.value).toBe(frequency[from * d + to]);
      expect(directed.value * (40 - failed.length)).toBeCloseTo(Math.round(directed.value * (40 - failed.length)), 9);
    }
    const few = linearSem(new Float64Array(100), 10).sample(11);
    expect(() => bootstrap(few, 10, { method: 'eqvar-td', resamples: 5 })).toThrow(
      /^bootstrap: none of 5 resamples could be fitted; must be one at least\. Give more rows \(a resample has some 7 different ones\).*singular/,
    );
  });
});
