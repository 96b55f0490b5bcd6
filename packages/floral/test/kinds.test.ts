import { describe, expect, it } from 'vitest';
import * as paper from '../src/index.js';

const layout = paper.layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 1 });
const floral = paper.floralMethod(2);
const shared = { base: new Float64Array(layout.baseSize), adaptors: new Float64Array(layout.adaptorSize) };
const sums = paper.emptySums(layout, floral, shared);

/** Each function with what stands in for one of its records or lists. */
const calls: readonly [name: string, option: string, call: (value: never) => unknown][] = [
  ['stats', 'layout', (v) => paper.stats(v)],
  ['encodeUpdate', 'update', (v) => paper.encodeUpdate(v, layout, 0)],
  ['encodeShared', 'shared', (v) => paper.encodeShared(v, layout, 0)],
  ['encodeShared', 'layout', (v) => paper.encodeShared(shared, v, 0)],
  ['decodeUpdate', 'bytes', (v) => paper.decodeUpdate(v, layout, 0)],
  ['decodeUpdate', 'layout', (v) => paper.decodeUpdate(new Uint8Array(9), v, 0)],
  ['decodeShared', 'bytes', (v) => paper.decodeShared(v, layout, 0)],
  ['centre', 'layout', (v) => paper.centre(v, shared, Float64Array.of(1))],
  ['centre', 'shared', (v) => paper.centre(layout, v, Float64Array.of(1))],
  ['clientUpdate', 'round', (v) => paper.clientUpdate(v, 0, shared, {} as never, {} as never)],
  ['cohortUpdate', 'round', (v) => paper.cohortUpdate(v, shared, [])],
  ['emptySums', 'layout', (v) => paper.emptySums(v, floral, shared)],
  ['emptySums', 'method', (v) => paper.emptySums(layout, v, shared)],
  ['addUpdate', 'update', (v) => paper.addUpdate(sums, layout, floral, v)],
  ['averagesOf', 'sums', (v) => paper.averagesOf(v, layout, floral, shared)],
  ['startShared', 'problem', (v) => paper.startShared(v, floral, 0)],
  ['startAdaptors', 'layout', (v) => paper.startAdaptors(v, 0)],
  ['precondition', 'layout', (v) => paper.precondition(v, shared.adaptors, shared.adaptors)],
  ['explain', 'weights', (v) => paper.explain(v, [1])],
  ['explain', 'examples', (v) => paper.explain([Float64Array.of(1)], v)],
  ['route', 'problem', (v) => paper.route(v, floral, shared, {} as never)],
  ['correct', 'outputs', (v) => paper.correct(v, [0], Uint32Array.of(0))],
  ['privateModules', 'names', (v) => paper.privateModules(v)],
];

describe('what is of another kind is refused by name', () => {
  it.each(calls)("%s: '%s'", (name, option, call) => {
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ["'x'", 'x'], ['an object', {}]] as const) {
      expect(() => call(value as never), told).toThrow(TypeError);
      expect(() => call(value as never)).toThrow(new RegExp(`^${name}: '${option}' is ${told}; must be an? (array|object with [\\w, ]+|Uint8Array)\\. \\S`));
    }
  }); // prettier-ignore

  it.each(['alternating', 'fedEm', 'ifca'] as const)('%s of no number of clusters', (name) => {
    for (const clusters of [undefined, null, 'x', {}, NaN, 0, 1.5]) {
      expect(() => paper[name](clusters as never)).toThrow(new RegExp(`^${name}: 'clusters' is .+; must be an integer of`));
    }
  }); // prettier-ignore

  it.each([undefined, null, 3, {}])('method of the name %j', (name) => {
    expect(() => paper.method(name as never)).toThrow(/^method: 'name' is .+; must be a text\. Name it\./);
  });
});
