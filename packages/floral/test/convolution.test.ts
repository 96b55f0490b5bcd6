import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addFactors, pullFactors } from '../src/adaptors/factors.js';
import { type ConvMethod, convolution, type FactorBlock, layoutOf } from '../src/index.js';
import { apart, differences, random } from './reference.js';

interface Image {
  readonly side: readonly [number, number];
  readonly channels: number;
  readonly values: Float64Array;
}

type Axes = readonly (readonly [stride: number, padding: number, dilation: number])[];

/** Height and width of what a kernel makes of an image. */
const sidesOf = (x: Image, size: readonly [number, number], how: Axes) =>
  [0, 1].map((a) => Math.floor((x.side[a]! + 2 * how[a]![1] - how[a]![2] * (size[a]! - 1) - 1) / how[a]![0]) + 1) as [number, number]; // prettier-ignore

/** Every product of a convolution by its definition: places in the image, the kernel [h, w, in, out] and the result. */
function products(
  x: Image,
  size: readonly [number, number],
  out: number,
  how: Axes,
  visit: (from: number, kernel: number, to: number) => void,
): void {
  // prettier-ignore
  const sides = sidesOf(x, size, how);
  for (let i = 0; i < sides[0]; i++) for (let j = 0; j < sides[1]; j++) for (let p = 0; p < size[0]; p++) for (let q = 0; q < size[1]; q++) {
    const [a, b] = [i * how[0]![0] - how[0]![1] + p * how[0]![2], j * how[1]![0] - how[1]![1] + q * how[1]![2]];
    if (a < 0 || b < 0 || a >= x.side[0] || b >= x.side[1]) continue;
    for (let c = 0; c < x.channels; c++) for (let o = 0; o < out; o++) {
      visit((a * x.side[1] + b) * x.channels + c, ((p * size[1] + q) * x.channels + c) * out + o, (i * sides[1] + j) * out + o);
    }
  } // prettier-ignore
}

/** A convolution, each axis with its own stride, padding and dilation. */
function conv(x: Image, kernel: Float64Array, size: readonly [number, number], out: number, how: Axes): Image {
  const side = sidesOf(x, size, how);
  const values = new Float64Array(side[0] * side[1] * out);
  products(x, size, out, how, (from, k, to) => (values[to]! += x.values[from]! * kernel[k]!));
  return { side, channels: out, values };
}

/** Its gradients by the kernel and by the image. */
function pulled(
  x: Image,
  kernel: Float64Array,
  size: readonly [number, number],
  out: number,
  how: Axes,
  dy: Float64Array,
) {
  // prettier-ignore
  const [ofKernel, ofImage] = [new Float64Array(kernel.length), new Float64Array(x.values.length)];
  products(x, size, out, how, (from, k, to) => {
    ofKernel[k]! += x.values[from]! * dy[to]!;
    ofImage[from]! += kernel[k]! * dy[to]!;
  });
  return { ofKernel, ofImage };
}

const ONE = [1, 0, 1] as const;

/** The two small kernels of a block as kernels of convolutions, and what belongs to which. */
function small(method: ConvMethod, block: FactorBlock, adaptors: Float64Array, kernel: readonly [number, number]) {
  const { rank, inputs, outputs, inPlaces, outPlaces, v, u } = block;
  const V = new Float64Array(inPlaces * inputs * rank);
  for (let j = 0; j < rank; j++) for (let p = 0; p < inPlaces; p++) for (let i = 0; i < inputs; i++) V[(p * inputs + i) * rank + j] = adaptors[v.start + (j * inPlaces + p) * inputs + i]!; // prettier-ignore
  const U = new Float64Array(outPlaces * rank * outputs);
  for (let j = 0; j < rank; j++) for (let q = 0; q < outPlaces; q++) for (let o = 0; o < outputs; o++) U[(q * rank + j) * outputs + o] = adaptors[u.start + (j * outPlaces + q) * outputs + o]!; // prettier-ignore
  const [height, width] = kernel;
  const chosen = method === 'balanced' ? (inputs > outputs ? 'out' : 'in') : method;
  const wide = inPlaces === width && (height !== width ? outPlaces === height : true);
  const shapes =
    chosen === 'in' ? [kernel, [1, 1]] : chosen === 'out' ? [[1, 1], kernel] : wide ? [[1, width], [height, 1]] : [[height, 1], [1, width]]; // prettier-ignore
  return { V, U, shapes: shapes as [[number, number], [number, number]], axes: shapes.map(([h, w]) => [h, w]), chosen, wide }; // prettier-ignore
}

it('the merged kernel convolves as V and then U do, in value and gradients, whatever the method, kernel, strides, padding and dilation', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<ConvMethod>('in', 'out', 'balanced', 'balanced_2d'),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 2 })),
      fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 2 })),
      fc.integer({ min: 0, max: 1e6 }),
      (method, kernel, [ci, co], high, broad, seed) => {
        const layout = layoutOf([{ kind: 'conv', name: 'c', kernel, inputs: ci, outputs: co }], { clusters: 1, rank: seed % 2 === 0 ? 1 : 'full', convMethod: method, adaptors: { bias: false } }); // prettier-ignore
        const block = layout.adaptors[0] as FactorBlock;
        const { rank } = block;
        const adaptors = random(seed, layout.adaptorSize);
        const image: Image = { side: [8, 9], channels: ci, values: random(seed + 1, 72 * ci) };
        const merged = new Float64Array(block.target.size);
        addFactors(block, adaptors, [1], merged, 0);
        const whole = conv(image, merged, kernel, co, [high, broad]);
        const { V, U, chosen, wide } = small(method, block, adaptors, kernel);
        const [first, second] =
          chosen === 'in' ? [[kernel, [high, broad]], [[1, 1], [ONE, ONE]]]
          : chosen === 'out' ? [[[1, 1], [ONE, ONE]], [kernel, [high, broad]]]
          : wide ? [[[1, kernel[1]], [ONE, broad]], [[kernel[0], 1], [high, ONE]]]
          : [[[kernel[0], 1], [high, ONE]], [[1, kernel[1]], [ONE, broad]]]; // prettier-ignore
        const middle = conv(image, V, first![0] as never, rank, first![1] as never);
        const twice = conv(middle, U, second![0] as never, co, second![1] as never);
        expect(twice.side).toEqual(whole.side);
        expect(apart(whole.values, twice.values)).toBeLessThan(1e-10);
        // By the hook: through U, and then through V. By the merged kernel: from its gradient alone.
        const dy = random(seed + 2, whole.values.length);
        const ofU = pulled(middle, U, second![0] as never, co, second![1] as never, dy);
        const ofV = pulled(image, V, first![0] as never, rank, first![1] as never, ofU.ofImage);
        const [found, ofPi] = [new Float64Array(layout.adaptorSize), new Float64Array(1)];
        pullFactors(
          block,
          adaptors,
          [1],
          pulled(image, merged, kernel, co, [high, broad], dy).ofKernel,
          0,
          found,
          ofPi,
        );
        const swapped = small(method, block, found, kernel);
        expect(apart(swapped.V, ofV.ofKernel)).toBeLessThan(1e-10);
        expect(apart(swapped.U, ofU.ofKernel)).toBeLessThan(1e-10);
        const along = whole.values.reduce((sum, y, i) => sum + y * dy[i]!, 0);
        expect(Math.abs(ofPi[0]! - along)).toBeLessThan(1e-10 * (1 + whole.values.reduce((sum, y, i) => sum + Math.abs(y * dy[i]!), 0))); // prettier-ignore
      },
    ),
    { numRuns: 200 },
  );
});

it('gradients from that of the merged kernel are those of finite differences', () => {
  for (const convMethod of ['in', 'out', 'balanced_2d'] as const) {
    const layout = layoutOf([{ kind: 'conv', name: 'c', kernel: [2, 3], inputs: 3, outputs: 2 }], { clusters: 2, rank: 2, convMethod, adaptors: { bias: false } }); // prettier-ignore
    const block = layout.adaptors[0] as FactorBlock;
    const [adaptors, pi, G] = [random(1, layout.adaptorSize), random(2, 2), random(3, block.target.size)];
    const value = (a: Float64Array, p: Float64Array) => {
      const merged = new Float64Array(block.target.size);
      addFactors(block, a, p, merged, 0);
      return merged.reduce((sum, w, i) => sum + w * G[i]!, 0);
    };
    const [ofAdaptors, ofPi] = [new Float64Array(layout.adaptorSize), new Float64Array(2)];
    pullFactors(block, adaptors, pi, G, 0, ofAdaptors, ofPi);
    expect(
      apart(
        ofAdaptors,
        differences((a) => value(a, pi), adaptors),
      ),
    ).toBeLessThan(1e-7);
    expect(
      apart(
        ofPi,
        differences((p) => value(adaptors, p), pi),
      ),
    ).toBeLessThan(1e-7);
  }
});

it('balanced_2d gives the longer side to the factor with fewer channels', () => {
  const sides = (kernel: [number, number], inputs: number, outputs: number) => {
    const { inPlaces, outPlaces } = convolution({ kernel, inputs, outputs }, 'balanced_2d');
    return [inPlaces, outPlaces];
  };
  expect(sides([3, 5], 2, 8)).toEqual([5, 3]);
  expect(sides([3, 5], 8, 2)).toEqual([3, 5]);
  expect(sides([5, 3], 2, 8)).toEqual([5, 3]);
  expect(sides([5, 3], 8, 2)).toEqual([3, 5]);
  expect(() => convolution({ kernel: [3, 3], inputs: 1, outputs: 1 }, 'both' as never)).toThrow(
    "'convMethod' is 'both'",
  );
});
