import { expect, test } from 'vitest';
import { stream } from '../src/index.js';
import { exports, memory, philoxBlock } from '../src/wasm.js';

const philox = (key: [number, number], counter: [number, number, number, number]) => {
  exports.philox(...key, ...counter);
  return [...new Uint32Array(memory.buffer, philoxBlock, 4)];
};

test('Philox4x32-10 gives the published vectors of Random123', () => {
  const ones = 0xffffffff;
  expect(philox([0, 0], [0, 0, 0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  expect(philox([ones, ones], [ones, ones, ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
  expect(philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344])).toEqual([
    0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
  ]);
});

test.each(['uniform', 'normal', 'exponential'] as const)('a fill of %s draws what single calls draw', (kind) => {
  const fill = { uniform: 'fillUniform', normal: 'fillNormal', exponential: 'fillExponential' } as const;
  for (const skip of [0, 1, 2, 3]) {
    for (const n of [0, 1, 2, 7, 8, 9, 511, 512, 513, 4099]) {
      const bulk = stream(1, 'law').at(1, 2, 3);
      const single = stream(1, 'law').at(1, 2, 3);
      for (let i = 0; i < skip; i++) expect(bulk.uniform()).toBe(single.uniform());
      const out = bulk[fill[kind]](new Float64Array(n));
      expect([...out]).toEqual(Array.from({ length: n }, () => single[kind]()));
      expect(bulk.uniform()).toBe(single.uniform());
    }
  }
});
