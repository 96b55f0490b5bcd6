import { describe, expect, it } from 'vitest';
import { checksum } from '../src/benchmark.js';
import { suites } from '../src/suites/index.js';

describe.each(Object.entries(suites))('%s', (_name, suite) => {
  // Those of d = 1000 need gigabytes, the workers of gemmPool are files of the build; the command itself checks them.
  it.each(suite.filter(({ name }) => !name.endsWith('d = 1000') && !name.startsWith('gemmPool')))(
    '$name gives the result written down',
    async (benchmark) => {
      const work = await benchmark.prepare();
      await work.run();
      const { sum, scale } = checksum(work.result());
      await work.free?.();
      expect(Math.abs(sum - benchmark.checksum) / scale).toBeLessThan(1e-9);
    },
  );

  it('names each benchmark once', () => {
    expect(new Set(suite.map(({ name }) => name)).size).toBe(suite.length);
  });
});

describe('checksum', () => {
  it('is Σ w_i x_i with weights from ½ to 1½', () => {
    expect(checksum([1])).toEqual({ sum: 0.5, scale: 0.5 });
    const second = 2654435761 / 2 ** 32 + 0.5;
    expect(checksum([1, -2])).toEqual({ sum: 0.5 - 2 * second, scale: 0.5 + 2 * second });
  });

  it('notices two entries that changed places, and a NaN', () => {
    expect(checksum([1, 2, 3]).sum).not.toBe(checksum([2, 1, 3]).sum);
    expect(checksum([1, NaN]).sum).toBeNaN();
  });
});
