import { describe, expect, it } from 'vitest';

import { stream } from '@assay-ml/numerics';
import { drawShape, gaussProto, proceduralImages, SHAPES, shapes, type Examples } from '../src/index.js';

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

describe('shapes', () => {
  /** Pixels above the middle of background and the least brightness. */
  const foreground = (x: Float32Array) => x.reduce((n, value) => n + (value > 0.34 ? 1 : 0), 0);

  it('without noise has two grey levels, the background at 0.1 and the shape at 0.58 … 0.9', () => {
    SHAPES.forEach((_, label) => {
      const x = drawShape(label, stream(4, 'draw').at(label), new Float32Array(24 * 24), { noise: 0 });
      const levels = [...new Set(x)].sort((a, b) => a - b);
      expect(levels).toHaveLength(2);
      expect(levels[0]).toBeCloseTo(0.1, 6);
      expect(levels[1]).toBeGreaterThanOrEqual(0.58 - 1e-6);
      expect(levels[1]).toBeLessThanOrEqual(0.9 + 1e-6);
    });
  });
  it('has the areas of its shapes, on average', () => {
    const mean = (label: number, count = 400) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += foreground(drawShape(label, stream(5, 'area').at(label, i), new Float32Array(24 * 24))); // prettier-ignore
      return sum / count;
    };
    // E[h] = 7.65, E[h²] = 7.65² + 3.3²/12, E[w] = 1.85; whole at 24 pixels but for the ends of bars.
    const square = 7.65 ** 2 + 3.3 ** 2 / 12;
    const near = (label: number, area: number) => expect(Math.abs(mean(label) / area - 1), SHAPES[label]).toBeLessThan(0.04); // prettier-ignore
    near(0, 4 * 7.65 * 1.85);
    near(1, 4 * 7.65 * 1.85);
    near(3, Math.PI * 0.64 * square);
    near(4, 4 * Math.PI * 0.8 * 7.65 * 1.85); // π((r + w)² − (r − w)²)
    near(5, 4 * 0.64 * square);
    near(6, 16 * 0.8 * 7.65 * 1.85);
    expect(mean(9) / mean(7)).toBeGreaterThan(1.6);
    expect(mean(2) / mean(0)).toBeGreaterThan(1.6);
  });
  it('mirrors a diagonal into the other', () => {
    const [a, b] = [7, 8].map((label) => drawShape(label, stream(6, 'draw').at(0), new Float32Array(24 * 24), { noise: 0 })); // prettier-ignore
    expect(foreground(a!)).toBeGreaterThan(50);
    expect(a).not.toEqual(b);
  });
  it('adds the same pattern to all pictures of a class, and no other', () => {
    const plain = shapes({ train: 20, test: 10, side: 16 });
    const marked = shapes({ train: 20, test: 10, side: 16, shortcut: 0.05 });
    const signs = (i: number) => Array.from(marked.train.x.subarray(i * 256, (i + 1) * 256), (value, k) => Math.sign(value - plain.train.x[i * 256 + k]!)); // prettier-ignore
    const agree = (i: number, j: number) => signs(i).filter((sign, k) => sign === signs(j)[k]).length / 256;
    expect(agree(0, 10)).toBeGreaterThan(0.97); // cut at 0 and 1 here and there
    expect(agree(0, 1)).toBeLessThan(0.7);
    marked.train.x.forEach((value, k) => expect(Math.abs(value - plain.train.x[k]!)).toBeLessThan(0.0501));
    expect([...marked.train.y.subarray(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
  });
  it('gives example i the same whatever the sizes, and another in another part or with another seed', () => {
    const [few, more] = [shapes({ train: 10, test: 10 }), shapes({ train: 30, test: 20 })];
    expect(more.train.x.subarray(0, 5760)).toEqual(few.train.x);
    expect(few.test.x).not.toEqual(few.train.x);
    expect(shapes({ train: 10, test: 10, seed: 1 }).train.x).not.toEqual(few.train.x);
  });
  it('refuses what is out of range', () => {
    const draw = stream(0, 'draw');
    expect(() => shapes({ side: 0 })).toThrow("shapes: 'side' is 0; must be a positive integer.");
    expect(() => shapes({ shortcut: -1 })).toThrow("shapes: 'shortcut' is -1; must be a finite number ≥ 0.");
    expect(() => drawShape(10, draw, new Float32Array(4))).toThrow(
      "drawShape: 'label' is 10; must be an integer in 0 … 9.",
    );
    expect(() => drawShape(0, draw, new Float32Array(3))).toThrow("drawShape: 'the root of the length of out' is 1.73");
    expect(() => drawShape(0, draw, new Float32Array(4), { noise: NaN })).toThrow("drawShape: 'noise' is NaN;");
  });
});
