import { describe, expect, it } from 'vitest';
import * as data from '../src/index.js';

/** Each function with what stands in for its data. */
const calls: Record<string, (value: never) => unknown> = {
  batches: (v) => data.batches(v).next(),
  downsample: (v) => data.downsample(v, 2),
  measureNormalisation: (v) => data.measureNormalisation(v),
  gather: (v) => data.gather(v),
  disturbedSentences: (v) => data.disturbedSentences(v, { seed: 0, count: 1 } as never),
  sentencePairs: (v) => data.sentencePairs(v, { seed: 0, count: 1 } as never),
  parseIdx: (v) => data.parseIdx(v),
  parseCifar: (v) => data.parseCifar(v),
  parseBrown: (v) => data.parseBrown(v),
  characterVocabulary: (v) => data.characterVocabulary(v),
  prefetch: (v) => data.prefetch(v as never).next(),
};

describe('what is of another kind is refused by name', () => {
  it.each(Object.entries(calls))('%s', async (name, call) => {
    const text = name === 'parseBrown' || name === 'characterVocabulary';
    for (const [told, value] of [['undefined', undefined], ['null', null], ['3', 3], ['an object', {}], ...(text ? [] : [["'x'", 'x']])] as const) {
      const error = await Promise.resolve().then(() => call(value as never)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(new RegExp(`^${name}: '\\w+' is ${told}; must be .+\\. \\S`));
    }
  }); // prettier-ignore
  it('downloadDataset', async () => {
    for (const name of [undefined, null, 3, {}]) {
      await expect(data.downloadDataset(name as never)).rejects.toThrow(/^downloadDataset: /);
    }
  });
});
