import { describe, expect, it } from 'vitest';

import { gaussProto, proceduralImages, type Examples } from '../src/index.js';

/** Example i. */
const row = ({ x, count }: Examples, i: number): Float32Array =>
  x.subarray((i * x.length) / count, ((i + 1) * x.length) / count);
const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, v, j) => sum + (v - b[j]!) ** 2, 0));

describe('gaussProto', () => {
  it('has the sizes of the spec', () => {
    const { train, test } = gaussProto();
    expect(train).toMatchObject({ shape: [64], count: 8000, classes: 10, title: 'gauss-proto' });
    expect([train.x.length, test.count, test.x.length]).toEqual([8000 * 64, 3000, 3000 * 64]);
    for (const { y } of [train, test]) {
      expect([...y.subarray(0, 11)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    }
  });

  it('without noise is twelve prototypes a class, the same in both parts', () => {
    const { train, test } = gaussProto({ train: 3000, test: 3000, noise: 0 });
    const of = (data: Examples, c: number) =>
      new Set(Array.from(data.y.keys()).flatMap((i) => (data.y[i] === c ? [row(data, i).join()] : [])));
    for (let c = 0; c < 10; c++) {
      expect(of(train, c).size).toBe(12);
      expect(of(test, c)).toEqual(of(train, c));
    }
    const all = [...new Set(Array.from({ length: 10 }, (_, c) => [...of(train, c)]).flat())];
    expect(all).toHaveLength(120);
    const values = all.flatMap((text) => text.split(',').map(Number)); // 7,680 draws of N(0, 1)
    const square = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(Math.abs(values.reduce((sum, v) => sum + v, 0) / values.length)).toBeLessThan(4 / Math.sqrt(7680));
    expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / 7680));
  });

  it('adds noise of the given deviation', () => {
    const sizes = { train: 1000, test: 1 };
    const clean = gaussProto({ ...sizes, noise: 0 }).train;
    const noisy = gaussProto(sizes).train;
    const noise = noisy.x.map((v, i) => v - clean.x[i]!); // 64,000 draws of N(0, 1.21)
    const square = noise.reduce((sum, v) => sum + v * v, 0) / noise.length;
    expect(Math.abs(noise.reduce((sum, v) => sum + v, 0) / noise.length)).toBeLessThan((4 * 1.1) / Math.sqrt(64_000));
    expect(Math.abs(square / 1.21 - 1)).toBeLessThan(4 * Math.sqrt(2 / 64_000));
  });

  it('gives example i the same whatever the sizes, and another with another seed', () => {
    const few = gaussProto({ train: 20, test: 5, dimension: 8 });
    const many = gaussProto({ train: 200, test: 50, dimension: 8 });
    expect(few.train.x).toEqual(many.train.x.subarray(0, 160));
    expect(few.test.x).toEqual(many.test.x.subarray(0, 40));
    expect(few.test.x).not.toEqual(many.train.x.subarray(0, 40));
    expect(gaussProto({ train: 20, test: 5, dimension: 8, seed: 1 }).train.x).not.toEqual(few.train.x);
  });

  it('refuses what is out of range', () => {
    expect(() => gaussProto({ train: 0 })).toThrow("gaussProto: 'train' is 0; must be a positive integer.");
    expect(() => gaussProto({ classes: 257 })).toThrow(
      "gaussProto: 'classes' is 257; must be a positive integer of at most 256.",
    );
    expect(() => gaussProto({ noise: -1 })).toThrow("gaussProto: 'noise' is -1; must be a finite number ≥ 0,");
  });
});

describe('proceduralImages', () => {
  const sizes = { train: 400, test: 100 };

  it('has 16×16 colour images, classes in turn', () => {
    const { train, test } = proceduralImages(sizes);
    expect(train).toMatchObject({ shape: [16, 16, 3], count: 400, classes: 10, title: 'procedural images' });
    expect([train.x.length, test.x.length]).toEqual([400 * 768, 100 * 768]);
    expect([...train.y.subarray(8, 12)]).toEqual([8, 9, 0, 1]);
  });

  it('without noise has two colours, at least ½ apart in some channel, on the class’s own share of the area', () => {
    const { train } = proceduralImages({ ...sizes, noise: 0 });
    const shares = Array.from({ length: 10 }, () => [] as number[]);
    for (let i = 0; i < train.count; i++) {
      const pixels = new Map<string, number>();
      for (let p = 0; p < 768; p += 3) {
        const colour = row(train, i)
          .subarray(p, p + 3)
          .join();
        pixels.set(colour, (pixels.get(colour) ?? 0) + 1);
      }
      expect(pixels.size).toBe(2);
      const [a, b] = [...pixels.keys()].map((text) => text.split(',').map(Number));
      expect(Math.max(...a!.map((v, c) => Math.abs(v - b![c]!)))).toBeGreaterThanOrEqual(0.5);
      for (const v of [...a!, ...b!]) expect(v >= 0 && v < 1).toBe(true);
      shares[train.y[i]!]!.push(Math.min(...pixels.values()) / 256);
    }
    const areas = shares.map((own) => own.reduce((sum, v) => sum + v, 0) / own.length);
    // π·0.7²/4 of the square [−1, 1]² for the disc, 2π·0.6·0.36/4 for the ring, 1.2²/4 for the square, a checkerboard half.
    for (const [c, area] of [
      [0, 0.385],
      [1, 0.339],
      [2, 0.36],
      [9, 0.5],
    ] as const) {
      expect(Math.abs(areas[c]! - area)).toBeLessThan(0.05);
    }
  });

  it('shifts by up to two pixels: the nearest of the 25 shifts of a class is the image itself', () => {
    const { train } = proceduralImages({ train: 3000, test: 1, noise: 0 });
    for (let c = 0; c < 10; c++) {
      const masks = new Set<string>();
      for (let i = c; i < train.count; i += 10) {
        const image = row(train, i);
        const bits = Array.from({ length: 256 }, (_, p) => Number(image[3 * p] === image[0])).join('');
        masks.add(bits);
      }
      expect(masks.size).toBeLessThanOrEqual(25);
      expect(masks.size).toBeGreaterThanOrEqual(4);
    }
  });

  it('adds noise of the given deviation, example by example the same whatever the sizes', () => {
    const clean = proceduralImages({ ...sizes, noise: 0 }).train;
    const noisy = proceduralImages({ ...sizes, noise: 0.5 }).train;
    const square = noisy.x.reduce((sum, v, i) => sum + (v - clean.x[i]!) ** 2, 0) / noisy.x.length;
    expect(Math.abs(square / 0.25 - 1)).toBeLessThan(4 * Math.sqrt(2 / noisy.x.length));
    const few = proceduralImages({ train: 30, test: 10, noise: 0.5 });
    expect(few.train.x).toEqual(noisy.x.subarray(0, 30 * 768));
    expect(distance(row(few.train, 3), row(few.test, 3))).toBeGreaterThan(1);
    expect(proceduralImages({ train: 30, test: 10, seed: 1 }).train.x).not.toEqual(
      proceduralImages({ train: 30, test: 10 }).train.x,
    );
    expect(proceduralImages({ train: 4, test: 1, side: 32, classes: 2 }).train).toMatchObject({
      shape: [32, 32, 3],
      classes: 2,
      y: Uint8Array.of(0, 1, 0, 1),
    });
  });

  it('refuses what is out of range', () => {
    expect(() => proceduralImages({ classes: 11 })).toThrow(
      "proceduralImages: 'classes' is 11; must be an integer in 2 … 10.",
    );
    expect(() => proceduralImages({ side: 0 })).toThrow("proceduralImages: 'side' is 0; must be a positive integer.");
    expect(() => proceduralImages({ noise: NaN })).toThrow(
      "proceduralImages: 'noise' is NaN; must be a finite number ≥ 0,",
    );
  });
});
