import { stream } from '@assay-ml/numerics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  augmentBatch,
  batches,
  CIFAR10_NORMALISATION,
  cropFlip,
  downsample,
  examples,
  gather,
  measureNormalisation,
  normalise,
  prefetch,
  stratifiedSplit,
  type Examples,
} from '../src/index.js';

/** Images of rows × columns × channels whose values count up. */
function counting(count: number, shape: readonly [number, number, number]): Examples {
  const size = shape[0] * shape[1] * shape[2];
  const x = Float32Array.from({ length: count * size }, (_, i) => i + 1);
  return { x, y: Uint8Array.from({ length: count }, (_, i) => i % 3), shape, count, classes: 3, title: 'counting' };
}

describe('examples', () => {
  const data = {
    images: Uint8Array.of(0, 51, 255, 102, 153, 204, 1, 2, 3, 4, 5, 6),
    labels: Uint8Array.of(7, 8),
    count: 2,
    rows: 1,
    columns: 2,
    channels: 3,
    classes: 10,
    title: 'tiny',
  };

  it('scales pixels to [0, 1] and keeps labels, shape and title', () => {
    const { x, y, ...rest } = examples(data, [1, 0, 0]);
    expect([...x]).toEqual(
      [1, 2, 3, 4, 5, 6, 0, 51, 255, 102, 153, 204, 0, 51, 255, 102, 153, 204].map((p) => Math.fround(p / 255)),
    );
    expect([...y]).toEqual([8, 7, 7]);
    expect(rest).toEqual({ shape: [1, 2, 3], count: 3, classes: 10, title: 'tiny' });
    expect([...examples(data).x]).toEqual([...gather(data).x].map(Math.fround));
    const grey = { images: data.images, labels: data.labels, count: 2, rows: 1, columns: 6, classes: 10 };
    expect(examples(grey)).toMatchObject({ shape: [1, 6, 1], count: 2 });
    expect('title' in examples(grey)).toBe(false);
  });

  it('refuses an index outside', () => {
    expect(() => examples(data, [0, 2])).toThrow("examples: 'indices[1]' is 2; must be an integer in 0 … 1.");
  });
});

describe('downsample', () => {
  it('takes the mean of each area, channel by channel', () => {
    const small = downsample(counting(2, [2, 4, 2]), 2);
    // Rows of 8 values: the first area has pixels (1, 2), (3, 4) above (9, 10), (11, 12).
    expect([...small.x]).toEqual([6, 7, 10, 11, 22, 23, 26, 27]);
    expect(small).toMatchObject({ shape: [1, 2, 2], count: 2, classes: 3, title: 'counting' });
  });

  it('keeps the mean of every channel, and is the identity for a factor of 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        (factor, side, channels) => {
          const big = counting(2, [2 * factor, side * factor, channels]);
          big.x.set(stream(1).fillUniform(new Float64Array(big.x.length)));
          const small = downsample(big, factor);
          expect(small.x).toHaveLength(2 * 2 * side * channels);
          const mean = ({ x }: Examples, c: number) =>
            x.reduce((sum, v, i) => sum + (i % channels === c ? v : 0), 0) / (x.length / channels);
          for (let c = 0; c < channels; c++) expect(mean(small, c)).toBeCloseTo(mean(big, c), 5);
          expect(downsample(big, 1).x).toEqual(big.x);
        },
      ),
    );
  });

  it('refuses a factor that does not divide, and what is no image', () => {
    expect(() => downsample(counting(1, [4, 6, 1]), 4)).toThrow(
      "downsample: 'factor' is 4; must be a positive integer that divides 4 and 6, the sides of the images.",
    );
    expect(() => downsample({ ...counting(1, [2, 2, 1]), shape: [4] }, 2)).toThrow(
      "downsample: 'shape' is [4]; must be [rows, columns, channels], an image's.",
    );
  });
});

describe('normalise', () => {
  it('measures each channel and leaves it with mean 0 and deviation 1', () => {
    const data = { ...counting(2, [1, 2, 2]), x: Float32Array.of(1, 10, 3, 30, 5, 50, 7, 70) };
    const by = measureNormalisation(data);
    expect(by).toEqual({ mean: [4, 40], std: [Math.sqrt(5), 10 * Math.sqrt(5)] });
    const unit = [-3, -3, -1, -1, 1, 1, 3, 3].map((v) => Math.fround(v / Math.sqrt(5)));
    expect([...normalise(data, by).x]).toEqual(unit);
    expect([...data.x]).toEqual([1, 10, 3, 30, 5, 50, 7, 70]);
  });

  it('takes given numbers', () => {
    const data = { ...counting(1, [1, 1, 3]), x: Float32Array.of(0.4914, 0.4822 + 0.1994, 0.4465 - 0.402) };
    const [r, g, b] = normalise(data, CIFAR10_NORMALISATION).x;
    expect(r).toBeCloseTo(0, 6);
    expect(g).toBeCloseTo(1, 6);
    expect(b).toBeCloseTo(-2, 6);
  });

  it('refuses a channel without scale, and other numbers than one a channel', () => {
    const flat = { ...counting(1, [1, 2, 2]), x: Float32Array.of(1, 5, 2, 5) };
    expect(() => measureNormalisation(flat)).toThrow(
      'measureNormalisation: the standard deviation of channel 1 is 0; must be positive. Leave that channel out.',
    );
    expect(() => measureNormalisation({ ...flat, x: new Float32Array(0), count: 0 })).toThrow("'count' is 0");
    expect(() => normalise(flat, { mean: [0], std: [1, 1] })).toThrow(
      "normalise: 'mean' is [0]; must be 2 finite numbers, one a channel.",
    );
    expect(() => normalise(flat, { mean: [0, 0], std: [1, 0] })).toThrow(
      "normalise: 'std' is [1, 0]; must be 2 positive numbers, one a channel.",
    );
  });
});

describe('stratifiedSplit', () => {
  it('has exact sizes and equal classes where they divide', () => {
    const labels = Uint8Array.from({ length: 5000 }, (_, i) => i % 10);
    const parts = stratifiedSplit(labels, { sizes: [4000, 500], stream: stream(1, 'split') });
    expect(parts.map((part) => part.length)).toEqual([4000, 500]);
    for (const [k, each] of [400, 50].entries()) {
      const counts = new Array<number>(10).fill(0);
      for (const i of parts[k]!) counts[labels[i]!]!++;
      expect(counts).toEqual(new Array(10).fill(each));
    }
    expect([...stratifiedSplit(labels, { sizes: [4000, 500], stream: stream(1, 'split') })[0]!]).toEqual([
      ...parts[0]!,
    ]);
    expect([...stratifiedSplit(labels, { sizes: [4000], stream: stream(2, 'split') })[0]!]).not.toEqual([...parts[0]!]);
  });

  it('hands out no sample twice, sizes exactly, each class within one of its share of what is left', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        fc.nat(100),
        (labels, wanted, seed) => {
          const sizes = wanted.filter((_, k) => wanted.slice(0, k + 1).reduce((a, b) => a + b) <= labels.length);
          const parts = stratifiedSplit(labels, { sizes, stream: stream(seed) });
          expect(parts.map((part) => part.length)).toEqual(sizes);
          const all = parts.flatMap((part) => [...part]);
          expect(new Set(all).size).toBe(all.length);
          let left = labels.map((_, i) => i);
          for (const part of parts) {
            expect([...part]).toEqual([...part].sort((a, b) => a - b));
            for (let c = 0; c < 5; c++) {
              const of = (list: readonly number[]) => list.filter((i) => labels[i] === c).length;
              expect(Math.abs(of([...part]) - (part.length * of(left)) / left.length)).toBeLessThan(1);
            }
            left = left.filter((i) => !part.includes(i));
          }
        },
      ),
    );
  });

  it('refuses sizes that are not there', () => {
    const key = stream(1);
    expect(() => stratifiedSplit([0, 1], { sizes: [1, 0], stream: key })).toThrow(
      "stratifiedSplit: 'sizes[1]' is 0; must be a positive integer.",
    );
    expect(() => stratifiedSplit([0, 1], { sizes: [2, 1], stream: key })).toThrow(
      "stratifiedSplit: 'sizes' are 2 + 1 = 3; must be at most the 2 samples there are.",
    );
    expect(() => stratifiedSplit([0, 0.5], { sizes: [1], stream: key })).toThrow(
      "stratifiedSplit: 'labels[1]' is 0.5; must be an integer.",
    );
  });
});

describe('cropFlip', () => {
  /** Pad, crop, mirror: pixel by pixel, as the definition says. */
  function slow(
    image: Float32Array,
    [rows, columns, channels]: readonly [number, number, number],
    down: number,
    right: number,
    mirror: boolean,
  ) {
    const out = new Float32Array(image.length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const [sr, sc] = [r + down, (mirror ? columns - 1 - c : c) + right];
        if (sr < 0 || sr >= rows || sc < 0 || sc >= columns) continue;
        for (let k = 0; k < channels; k++)
          out[(r * columns + c) * channels + k] = image[(sr * columns + sc) * channels + k]!;
      }
    }
    return out;
  }

  it.each([true, false])('is the padded image, cropped and mirrored (flip: %s)', (flip) => {
    const shape = [5, 4, 3] as const;
    const data = counting(1, shape);
    const augment = cropFlip({ pad: 3, flip });
    const seen = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const out = new Float32Array(60);
      augment(data.x, out, shape, stream(1, 'crop').at(n));
      const key = stream(1, 'crop').at(n);
      const [down, right, mirror] = [key.integer(7) - 3, key.integer(7) - 3, key.integer(2) === 1 && flip];
      expect([...out]).toEqual([...slow(data.x, shape, down, right, mirror)]);
      seen.add(`${down} ${right} ${mirror}`);
    }
    expect(seen.size).toBeGreaterThan(flip ? 85 : 45); // of 98 and 49
  });

  it('is the image or its mirror without padding', () => {
    const data = counting(1, [1, 3, 2]);
    const of = (n: number) => {
      const out = new Float32Array(6);
      cropFlip({ pad: 0 })(data.x, out, [1, 3, 2], stream(1).at(n));
      return out.join(' ');
    };
    expect(new Set(Array.from({ length: 20 }, (_, n) => of(n)))).toEqual(new Set(['1 2 3 4 5 6', '5 6 3 4 1 2']));
  });

  it('refuses padding that is none, or as large as the image, and what is no image', () => {
    expect(() => cropFlip({ pad: -1 })).toThrow("cropFlip: 'pad' is -1; must be an integer ≥ 0.");
    const x = new Float32Array(8);
    expect(() => cropFlip()(x, x, [4, 2, 1], stream(1))).toThrow(
      "cropFlip: 'pad' is 4; must be below the sides of the images, 4 and 2.",
    );
    expect(() => cropFlip({ pad: 1 })(x, x, [8], stream(1))).toThrow("cropFlip: 'shape' is [8]; must be [rows,");
  });
});

describe('augmentBatch and batches', () => {
  const data = counting(10, [4, 4, 1]);
  const augment = cropFlip({ pad: 1 });

  it('changes an example the same way in whatever batch, and otherwise in another epoch', () => {
    const options = { augment, stream: stream(3, 'augment'), epoch: 2 };
    const all = augmentBatch(data, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], new Float32Array(160), options);
    const own = new Float32Array(32).fill(NaN);
    expect(augmentBatch(data, [7, 4], own, options)).toBe(own);
    expect([...own]).toEqual([...all.subarray(112, 128), ...all.subarray(64, 80)]);
    expect(augmentBatch(data, [7, 4], new Float32Array(32), { ...options, epoch: 3 })).not.toEqual(own);
    expect(() => augmentBatch(data, [1], new Float32Array(32), options)).toThrow(
      "augmentBatch: 'out' is of length 32; must be 1 examples of 16 numbers, 16.",
    );
    expect(() => augmentBatch(data, [10], new Float32Array(16), options)).toThrow("'indices[0]' is 10");
  });

  it('gives each example once an epoch, in an order of the epoch', () => {
    const order = (epoch: number) => {
      const firsts: number[] = [];
      for (const { x, y } of batches(data, { batchSize: 4, stream: stream(1), epoch })) {
        expect(x).toHaveLength(16 * y.length);
        for (let i = 0; i < y.length; i++) {
          const index = (x[16 * i]! - 1) / 16;
          expect(y[i]).toBe(index % 3);
          firsts.push(index);
        }
      }
      return firsts;
    };
    expect([...order(0)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(order(0)).toEqual(order(0));
    expect(order(0)).not.toEqual(order(1));
    expect([...batches(data, { batchSize: 4 })].map(({ y }) => [...y])).toEqual([
      [0, 1, 2, 0],
      [1, 2, 0, 1],
      [2, 0],
    ]);
  });

  it('augments as augmentBatch does', () => {
    const key = stream(5);
    const [batch] = [...batches(data, { stream: key, epoch: 1, augment })];
    const indices = new Uint32Array(10);
    stream(5)
      .at(2 ** 31 + 1)
      .permutation(indices);
    expect(batch!.x).toEqual(
      augmentBatch(data, indices, new Float32Array(160), { augment, stream: stream(5), epoch: 1 }),
    );
    expect([...batch!.y]).toEqual([...indices].map((i) => i % 3));
  });

  it('refuses bad options', () => {
    const first = (options: Parameters<typeof batches>[1]) => () => batches(data, options).next();
    expect(first({ batchSize: 0 })).toThrow("batches: 'batchSize' is 0; must be a positive integer.");
    expect(first({ epoch: -1 })).toThrow("batches: 'epoch' is -1; must be an integer in 0 … 2147483647.");
    expect(first({ augment })).toThrow("batches: 'stream' is undefined; must be a stream, as 'augment' draws from it.");
  });
});

describe('prefetch', () => {
  async function* numbers(count: number, asked: number[], closed: string[] = []): AsyncGenerator<number> {
    try {
      for (let k = 0; k < count; k++) {
        asked.push(k);
        await Promise.resolve();
        yield k;
      }
    } finally {
      closed.push('closed');
    }
  }

  it.each([1, 3])('keeps the order and asks for %i ahead', async (ahead) => {
    const asked: number[] = [];
    const got: number[] = [];
    for await (const item of prefetch(numbers(6, asked), ahead)) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      expect(asked).toEqual(Array.from({ length: Math.min(6, item + ahead + 1) }, (_, k) => k));
      got.push(item);
    }
    expect(got).toEqual([0, 1, 2, 3, 4, 5]);
    const sync: number[] = [];
    for await (const item of prefetch([1, 2])) sync.push(item);
    expect(sync).toEqual([1, 2]);
  });

  it('closes the source when the caller stops', async () => {
    const closed: string[] = [];
    for await (const item of prefetch(numbers(6, [], closed))) if (item === 2) break;
    expect(closed).toEqual(['closed']);
  });

  it('gives an error in its turn', async () => {
    const got: number[] = [];
    const run = async (source: Iterable<number> | AsyncIterable<number>) => {
      got.length = 0;
      for await (const item of prefetch(source, 2)) got.push(item);
    };
    async function* late(): AsyncGenerator<number> {
      yield* numbers(2, []);
      throw new Error('the disk is gone');
    }
    await expect(run(late())).rejects.toThrow('the disk is gone');
    expect(got).toEqual([0, 1]);
    function* soon(): Generator<number> {
      yield 1;
      throw new Error('at once');
    }
    await expect(run(soon())).rejects.toThrow('at once');
    expect(got).toEqual([1]);
    await expect(prefetch([1], 0).next()).rejects.toThrow("prefetch: 'ahead' is 0; must be a positive integer.");
  });
});
