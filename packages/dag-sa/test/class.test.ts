import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  classMembers, constraintsOf, cpdag, cpdagDistance, effectRange, edgesOf, fit, isDag, linearSem, moments, simulateDag, toDot,
  toGraphMl, toMermaid, toNodeLink, toSvg, totalEffect, refit, type Knowledge,
} from '../src/index.js'; // prettier-ignore

const random = fc
  .record({ d: fc.integer({ min: 2, max: 5 }), seed: fc.nat(100_000) })
  .map(({ d, seed }) => ({ d, seed, W: simulateDag({ d, degree: Math.min(d - 1, 2), seed, weights: [0.5, 1.5] }) }));
/** All DAGs with the skeleton of W, as 0 and 1. */
function sameSkeleton(W: Float64Array, d: number): Float64Array[] {
  const edges = edgesOf(W, d);
  return Array.from({ length: 2 ** edges.length }, (_, bits) => {
    const G = new Float64Array(d * d);
    edges.forEach(({ from, to }, k) => (G[(bits >> k) % 2 === 0 ? from * d + to : to * d + from] = 1));
    return G;
  }).filter((G) => isDag(G, d));
}
/** Those of W's class, by their v-structures, that keep to what is allowed. */
const classOf = (W: Float64Array, d: number, allowed?: Uint8Array) =>
  sameSkeleton(W, d).filter((G) => cpdagDistance(G, W, d) === 0 && G.every((g, at) => g === 0 || allowed?.[at] !== 0));
const union = (graphs: Float64Array[], d: number) =>
  Uint8Array.from({ length: d * d }, (_, at) => Number(graphs.some((G) => G[at] !== 0)));
const forbidding = (W: Float64Array, d: number, seed: number): Knowledge => ({
  forbidden: edgesOf(W, d)
    .filter((_, k) => (seed >> k) % 3 === 0)
    .map(({ from, to }): [number, number] => [to, from]),
});

describe('D12: equivalence classes', () => {
  it('cpdag with knowledge is the union of all DAGs of the class that keep to it', () => {
    fc.assert(
      fc.property(random, ({ d, seed, W }) => {
        const constraints = constraintsOf(forbidding(W, d, seed), d);
        expect(cpdag(W, d)).toEqual(union(classOf(W, d), d));
        expect(cpdag(W, d, { constraints })).toEqual(union(classOf(W, d, constraints.allowed), d));
      }),
    );
  });

  it('with knowledge needs the fourth of Meek’s rules', () => {
    // 0 — 1, 0 — 2, 0 — 3, 1 → 2 → 3 known, 1 and 3 apart: 0 → 3.
    const W = new Float64Array(16);
    for (const [i, j] of [[1, 2], [2, 3], [0, 1], [0, 2], [0, 3]] as const) W[i * 4 + j] = 1; // prettier-ignore
    const constraints = constraintsOf({ forbidden: [[2, 1], [3, 2]] }, 4); // prettier-ignore
    expect(cpdag(W, 4, { constraints })).toEqual(union(classOf(W, 4, constraints.allowed), 4));
  });

  it('effects are those of the DAGs of the class that keep to what is known, each fitted anew', () => {
    fc.assert(
      fc.property(random, fc.nat(20), fc.nat(20), ({ d, seed, W }, a, b) => {
        const [x, y] = [a % d, b % d];
        if (x === y) return;
        const constraints = constraintsOf(forbidding(W, d, seed), d);
        const { covariance } = moments(linearSem(W, d, { deviations: 'unequal', seed }).sample(200), 200, d);
        const all = classOf(W, d, constraints.allowed).map((G) => totalEffect(refit(G, covariance, d), d, x, y));
        const { range, effects } = effectRange(covariance, d, W, x, y, { constraints });
        expect(range[0]).toBeCloseTo(Math.min(...all), 9);
        expect(range[1]).toBeCloseTo(Math.max(...all), 9);
        for (const effect of all) expect(effects.some((other) => Math.abs(other - effect) < 1e-9)).toBe(true);
        for (const effect of effects) expect(all.some((other) => Math.abs(other - effect) < 1e-9)).toBe(true);
        // Interventions on both at once: as many as the directions of the edges at them, and all of the class.
        for (const member of classMembers(covariance, d, W, [x, y], { constraints })) {
          expect(cpdagDistance(member, W, d)).toBe(0);
          expect(member.every((w, at) => w === 0 || constraints.allowed[at] === 1)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a class that can be directed in too many ways is refused', () => {
    const d = 9;
    const W = Float64Array.from({ length: d * d }, (_, at) => Number(Math.floor(at / d) < at % d));
    const S = Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0.5));
    expect(() => classMembers(S, d, W, [0, 1, 2, 3, 4, 5, 6, 7])).toThrow(
      "classMembers: 'at' is [0, 1, 2, 3, 4, 5, 6, 7]; must be variables whose edges can be directed in at most 5000 ways. Say more of what is known: tiers, required, forbidden.",
    );
    expect(effectRange(S, d, W, 0, 1).effects).toHaveLength(2 ** 8);
    expect(() => effectRange(S, d, W, 0, 9)).toThrow("totalEffect: 'y' is 9; must be below d = 9.");
    expect(() => classMembers(S, d, W, [9])).toThrow("classMembers: 'at' is 9; must be below d = 9.");
  });

  const chain = Float64Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0);
  const X = linearSem(chain, 3, { seed: 1 }).sample(1000);
  it.each([0, 1, 2, 3])('fit says of a chain that its directions are open, whatever the seed (%i)', (seed) => {
    const { edges, open, pattern, W, diagnostics } = fit(X, 3, { method: 'boss', seed });
    expect(edges.map(({ directed }) => directed)).toEqual([false, false]);
    expect(open).toBe(2);
    expect([...pattern]).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(diagnostics.warnings).toContain(
      '2 of 2 edges have no direction that the data decide: boss learns an equivalence class.',
    );
    const { range } = effectRange(moments(X, 1000, 3).covariance, 3, W, 0, 2);
    expect(range[0]).toBe(0);
    expect(range[1]).toBeCloseTo(1, 1);
    const known = fit(X, 3, { method: 'boss', seed, forbidden: [[1, 0]] });
    expect([...known.pattern]).toEqual([0, 1, 0, 0, 0, 1, 0, 0, 0]);
    expect(known.open).toBe(0);
  });

  it('exports show open edges without a direction', () => {
    const W = Float64Array.of(0, 0.5, -1.25, 0, 0, 0, 0, 0, 0);
    const pattern = Uint8Array.of(0, 1, 1, 1, 0, 0, 0, 0, 0);
    const names = ['a', 'b', 'c'];
    expect(toDot(W, names, pattern)).toBe('digraph {\n  "a";\n  "b";\n  "c";\n  "a" -> "b" [dir=none];\n  "a" -> "c" [label="-1.25"];\n}\n'); // prettier-ignore
    expect(toMermaid(W, names, pattern)).toContain('  v0 --- v1\n  v0 -->|-1.25| v2\n');
    expect(toGraphMl(W, names, pattern)).toContain('<edge source="v0" target="v1" directed="false"><data key="weight">0.5</data></edge>'); // prettier-ignore
    expect(toGraphMl(W, names, pattern)).toContain('<edge source="v0" target="v2"><data');
    expect((JSON.parse(toNodeLink(W, names, pattern)) as { edges: object[] }).edges).toEqual([
      { source: 'a', target: 'b', weight: 0.5, directed: false },
      { source: 'a', target: 'c', weight: -1.25 },
    ]);
    const svg = toSvg(W, names, 'a graph', pattern);
    expect(svg).toMatch(/<line [^>]*stroke="#667085"[^>]*><title>a — b<\/title>/);
    expect(svg.match(/marker-end/g)).toHaveLength(1);
    expect(edgesOf(W, 3, pattern)).toEqual([
      { from: 0, to: 1, weight: 0.5, directed: false },
      { from: 0, to: 2, weight: -1.25, directed: true },
    ]);
  });
});
