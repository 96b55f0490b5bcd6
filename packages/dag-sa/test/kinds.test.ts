import { describe, expect, it } from 'vitest';
import * as paper from '../src/index.js';

const I = () => Float64Array.of(1, 0, 0, 1);
const order = Uint32Array.of(0, 1);

/** Each function with what stands in for one of its matrices, lists or records. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ...(['toDot', 'toMermaid', 'toGraphMl', 'toNodeLink', 'toSvg'] as const).flatMap((name): typeof calls => [
    [name, 'W', (v) => paper[name](v, ['a', 'b'])],
    [name, 'names', (v) => paper[name](I(), v)],
  ]),
  ...(['isDag', 'findCycle', 'topologicalOrder', 'cpdag', 'parentsOf', 'edgesOf', 'expectedLoss'] as const).map(
    (name): (typeof calls)[number] => [name, 'W', (v) => (paper[name] as (W: never, d: number) => unknown)(v, 2)],
  ),
  ...(['correlation', 'varianceOrder', 'r2Scores', 'eqVarTopDown', 'unconstrained', 'notears', 'dagma'] as const).map(
    (name): (typeof calls)[number] => [name, 'covariance', (v) => (paper[name] as (S: never, d: number) => unknown)(v, 2)],
  ),
  ['compareGraphs', 'predicted', (v) => paper.compareGraphs(v, I(), 2)],
  ['cpdagDistance', 'a', (v) => paper.cpdagDistance(v, I(), 2)],
  ['cpdagDistance', 'b', (v) => paper.cpdagDistance(new Float64Array(4), v, 2)],
  ['sortability', 'score', (v) => paper.sortability(v, I(), 2)],
  ['varsortability', 'covariance', (v) => paper.varsortability(v, I(), 2)],
  ['keepForward', 'W', (v) => paper.keepForward(v, 2, order)],
  ['keepForward', 'order', (v) => paper.keepForward(I(), 2, v)],
  ['fitOrder', 'order', (v) => paper.fitOrder(I(), 2, v)],
  ['orderLoss', 'covariance', (v) => paper.orderLoss(v, 2, order)],
  ['repair', 'W', (v) => paper.repair(v, 2, 0)],
  ['refit', 'W', (v) => paper.refit(v, I(), 2)],
  ['refit', 'covariance', (v) => paper.refit(I(), v, 2)],
  ['diagnose', 'covariance', (v) => paper.diagnose(v, 2, order, I(), I())],
  ['diagnose', 'order', (v) => paper.diagnose(I(), 2, v, I(), I())],
  ['psiDag', 'source', (v) => paper.psiDag(v)],
  ['centred', 'X', (v) => paper.centred(v, 1, 2)],
  ['placesOf', 'order', (v) => paper.placesOf(v)],
]; // prettier-ignore

describe('what is of another kind is refused by name', () => {
  it.each(calls)("%s: '%s'", (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      expect(() => call(value as never)).toThrow(TypeError);
      expect(() => call(value as never)).toThrow(new RegExp(`^${name}: '${option}' is ${told}; must be an (array|object with d, next)\\. \\S`));
    }
  }); // prettier-ignore

  it.each([NaN, undefined, '2', 1.5, -1])('a number of variables is not %j', (d) => {
    expect(() => paper.isDag(I(), d as never)).toThrow(/^isDag: 'd' is .+; must be an integer of at least 0\. Count/);
    expect(() => paper.estimate(100, d as never)).toThrow(/^estimate: 'd' is .+; must be an integer of at least 1\. Count/);
    expect(() => paper.randomOrder(d as never, 0)).toThrow(/^randomOrder: 'd' is .+; must be an integer of at least 1/);
  }); // prettier-ignore

  it('a matrix has d · d entries', () => {
    expect(() => paper.toDot(new Float64Array(3), ['a', 'b'])).toThrow("toDot: 'W' is an array of 3; must be d · d = 4 numbers. Pass a flat"); // prettier-ignore
  });
});
