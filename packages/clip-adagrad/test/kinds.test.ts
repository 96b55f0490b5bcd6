import { expect, it } from 'vitest';
import * as paper from '../src/index.js';

/** Each function with what stands in for its data. */
const calls: Record<string, (value: never) => unknown> = {
  tails: (v) => paper.tails(v),
  copyPoint: (v) => paper.copyPoint(v),
  initialState: (v) => paper.initialState(v, [[1]]),
  noiseNorms: (v) => paper.noiseNorms(v),
};

it.each(Object.entries(calls))('%s refuses what is of another kind by name', (name, call) => {
  for (const [told, value] of [
    ['undefined', undefined],
    ['null', null],
    ['3', 3],
    ['an object', {}],
  ] as const) {
    expect(() => call(value as never)).toThrow(TypeError);
    expect(() => call(value as never)).toThrow(new RegExp(`^${name}: '\\w+' is ${told}; must be .+\\. \\S`));
  }
});
