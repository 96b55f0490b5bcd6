/** Convolutions of the backend wasm through the engine's library, against this package's kernels: skipped where none is. */
import { useEngine } from '@assay-ml/numerics/engine';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/index.js';
import { distance, runOn, values } from './compare.js';

const present = useEngine('auto').name === 'blas';
useEngine('wasm');

type Shape4 = [number, number, number, number];

interface Convolution {
  readonly inputShape: Shape4;
  readonly filterShape: Shape4;
  readonly outShape: Shape4;
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: unknown;
  readonly dataFormat: 'NHWC';
  /** Products that are added up in all. */
  readonly terms: number;
}

function convolution(
  inputShape: Shape4,
  filterShape: Shape4,
  strides: [number, number],
  pad: unknown,
  dilations: [number, number] = [1, 1],
): Convolution {
  // prettier-ignore
  const { outShape } = tf.backend_util.computeConv2DInfo(inputShape, filterShape, strides, dilations, pad as never);
  const [batch, height, width, outputs] = outShape;
  const terms = batch * height * width * outputs * filterShape[0] * filterShape[1] * filterShape[2];
  return { inputShape, filterShape, outShape, strides, dilations, pad, dataFormat: 'NHWC', terms };
}

const side = fc.integer({ min: 1, max: 19 });
const channels = fc.integer({ min: 1, max: 40 });
const taps = fc.integer({ min: 1, max: 5 });
const few = fc.integer({ min: 1, max: 3 });
const edge = fc.tuple(fc.nat(3), fc.nat(3));
const pads = fc.oneof(
  fc.constantFrom('same', 'valid'),
  fc.nat(3),
  fc.tuple(edge, edge).map(([down, across]) => [[0, 0], down, across, [0, 0]]),
);

/** Convolutions that go through the library: odd images, filters, strides, pads and, if asked for, dilations. */
const large = (dilated = false) =>
  fc
    .tuple(fc.tuple(few, side, side, channels), taps, taps, channels, fc.tuple(few, few), pads, fc.tuple(few, few))
    .filter(
      ([, , , , strides, , dilations]) => !dilated || strides.every((s) => s === 1) || dilations.every((d) => d === 1),
    )
    .map(([image, down, across, outputs, strides, pad, dilations]) =>
      convolution(image, [down, across, image[3], outputs], strides, pad, dilated ? dilations : [1, 1]),
    )
    .filter(({ outShape, terms }) => outShape[1] > 0 && outShape[2] > 0 && terms >= 2 ** 16);

/** Its gradient by the filter goes through the library too. */
const isWide = ({ filterShape: [, , inputs, outputs] }: Convolution) => inputs * outputs >= 144;

/** The three products of a convolution: kernel, inputs, attributes. */
type Call = [kernel: string, inputs: Record<string, () => tf.Tensor>, attributes: Convolution];
const kernels: Record<'forward' | 'image' | 'filter', (c: Convolution) => Call> = {
  forward: (c) => [tf.Conv2D, { x: () => values('x', c.inputShape), filter: () => values('w', c.filterShape) }, c],
  image: (c) =>
    [tf.Conv2DBackpropInput, { dy: () => values('dy', c.outShape), filter: () => values('w', c.filterShape) }, c], // prettier-ignore
  filter: (c) =>
    [tf.Conv2DBackpropFilter, { x: () => values('x', c.inputShape), dy: () => values('dy', c.outShape) }, c], // prettier-ignore
};

/** One of them with the engine and without. */
async function both(which: keyof typeof kernels, c: Convolution) {
  const run = async (engine: 'blas' | 'wasm') => {
    useEngine(engine);
    return (await runOn('wasm', ...kernels[which](c)))[0]!;
  };
  const before = tf.memory().numBytes;
  const [wanted, actual] = [await run('wasm'), await run('blas')];
  expect(tf.memory().numBytes).toBe(before);
  expect(actual.shape).toEqual(wanted.shape);
  return { wanted: wanted.data, actual: actual.data };
}

async function expectSame(which: keyof typeof kernels, c: Convolution): Promise<void> {
  const { wanted, actual } = await both(which, c);
  expect(distance(actual, wanted)).toBeLessThan(2e-6);
}

describe.skipIf(!present)('convolutions with the engine blas', () => {
  beforeAll(async () => {
    await useBackend('cpu');
    await useBackend('wasm');
  });
  afterAll(() => void useEngine('wasm'));

  test('forward: images, filters, strides, pads, dilations', async () => {
    await fc.assert(
      fc.asyncProperty(large(true), (c) => expectSame('forward', c)),
      { numRuns: 150 },
    );
  });

  test('gradient by the image: images, filters, strides, pads', async () => {
    await fc.assert(
      fc.asyncProperty(large(), (c) => expectSame('image', c)),
      { numRuns: 150 },
    );
  });

  test('gradient by the filter: images, filters, strides, pads', async () => {
    await fc.assert(
      fc.asyncProperty(large().filter(isWide), (c) => expectSame('filter', c)),
      { numRuns: 150 },
    );
  });

  // More outputs than inputs, fewer, strides, pads on one side only, 1 × 1; most take several chunks.
  test.each([
    convolution([2, 16, 15, 40], [3, 3, 40, 48], [1, 1], 'same'),
    convolution([2, 16, 15, 48], [3, 3, 48, 40], [1, 1], 'same'),
    convolution([2, 16, 15, 40], [3, 5, 40, 8], [2, 2], 1),
    convolution([2, 16, 15, 40], [2, 4, 40, 8], [1, 1], [[0, 0], [2, 0], [1, 3], [0, 0]]), // prettier-ignore
    convolution([2, 16, 15, 40], [1, 1, 40, 24], [1, 1], 'valid'),
    convolution([2, 16, 15, 40], [1, 1, 40, 24], [1, 1], 1),
  ])('convolution %# as on cpu, all three', async (c) => {
    useEngine('blas');
    for (const which of ['forward', 'image', 'filter'] as const) {
      const [wanted] = await runOn('cpu', ...kernels[which](c));
      const [actual] = await runOn('wasm', ...kernels[which](c));
      expect(distance(actual!.data, wanted!.data), which).toBeLessThan(3e-6);
    }
  });

  test('the gradient by the filter does not add to what lay there', async () => {
    const c = convolution([2, 16, 15, 40], [3, 3, 40, 48], [1, 1], 'same');
    tf.fill(c.filterShape, NaN).dispose(); // its memory is given out next
    await expectSame('filter', c);
    const twice = [await both('filter', c), await both('filter', c)];
    expect(twice[1]!.actual).toEqual(twice[0]!.actual);
  });

  test('from 65,536 terms on the library computes, below it WebAssembly with its bits', async () => {
    const [below, above] = [45, 46].map((n) => convolution([1, 4, 8, n], [3, 3, n, 5], [1, 1], 'same'));
    expect(below!.terms).toBeLessThan(2 ** 16);
    expect(above!.terms).toBeGreaterThan(2 ** 16);
    for (const which of ['forward', 'image', 'filter'] as const) {
      const [small, large] = [await both(which, below!), await both(which, above!)];
      expect(small.actual).toEqual(small.wanted);
      expect(large.actual).not.toEqual(large.wanted);
    }
  });

  test('the gradient by a narrow filter stays in WebAssembly, inputs · outputs below 144', async () => {
    for (const [inputs, outputs, same] of [
      [11, 13, true],
      [12, 12, false],
    ] as const) {
      const c = convolution([4, 16, 16, inputs], [3, 3, inputs, outputs], [1, 1], 'same');
      const { wanted, actual } = await both('filter', c);
      expect(actual.length === wanted.length && Array.from(actual).every((value, i) => value === wanted[i])).toBe(same);
    }
  });

  test('scratch that makes memory grow, and images above the rest of it', async () => {
    const c = convolution([64, 32, 32, 64], [3, 3, 64, 24], [1, 1], 'same');
    useEngine('blas');
    const pieces = [tf.zeros([1 << 24])];
    for (const which of ['forward', 'image', 'filter'] as const) await expectSame(which, c);
    tf.dispose(pieces);
  });
});
