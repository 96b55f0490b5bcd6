/** Merged, factored and hook forms on tensors: equal values and gradients on every backend that is here. */
import { mlp as network } from '@assay-ml/networks';
import { gradients, useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ConvMethod, convolution, type FactorBlock, layoutOf } from '../src/index.js';
import { composed, logits } from '../src/tensors/forward.js';
import { apart, random } from './reference.js';

const there = async (name: 'tensorflow' | 'webgpu') => ((await useBackend(name).then(() => true, () => false)) ? [name] : []); // prettier-ignore
// A software adapter of WebGPU will do.
const BACKENDS = ['cpu', 'wasm', ...(await there('tensorflow')), ...(await there('webgpu'))] as const;

const tensor = (seed: number, shape: number[]) => tf.tensor(Float32Array.from(random(seed, tf.util.sizeFromShape(shape))), shape); // prettier-ignore

/** Of a value and its gradients, both forms: the largest relative difference. */
async function difference(
  forms: readonly [() => tf.Tensor, () => tf.Tensor],
  xs: readonly tf.Tensor[],
): Promise<number> {
  const value = forms[0]();
  const dy = tensor(9, value.shape);
  const [a, b] = forms.map((form) => [form(), ...gradients(form, xs, dy)]) as [tf.Tensor[], tf.Tensor[]];
  const of = await Promise.all(a.map(async (one, i) => apart(await one.data(), await b[i]!.data())));
  tf.dispose([value, dy, a, b]);
  return Math.max(...of);
}

describe.each(BACKENDS)('on %s', (backend) => {
  beforeAll(async () => void (await useBackend(backend)));

  it('a composed kernel convolves as V and then U do beside the base', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<ConvMethod>('in', 'out', 'balanced', 'balanced_2d'),
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
        fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
        fc.constantFrom<'same' | 'valid'>('same', 'valid'),
        fc.integer({ min: 0, max: 1e6 }),
        async (convMethod, kernel, [ci, co], strides, padding, seed) => {
          const [C, r] = [2, 2];
          const layout = layoutOf([{ kind: 'conv', name: 'c', kernel, inputs: ci, outputs: co }], { clusters: C, rank: 1, convMethod, adaptors: { bias: false } }); // prettier-ignore
          const block = { ...(layout.adaptors[0] as FactorBlock), rank: r };
          const { inPlaces, outPlaces } = convolution({ kernel, inputs: ci, outputs: co }, convMethod);
          const x = tensor(seed, [2, 7, 8, ci]) as tf.Tensor4D;
          const w = tensor(seed + 1, [...kernel, ci, co]);
          const [v, u] = [tensor(seed + 2, [1, C * r, inPlaces * ci]), tensor(seed + 3, [1, C * r, outPlaces * co])];
          const pi = tensor(seed + 4, [1, C]);
          const conv = (image: tf.Tensor, filter: tf.Tensor, by: readonly [number, number]) => tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [...by], padding); // prettier-ignore
          // Which side of the kernel V has: all of it, none, its width or its height.
          const whole = [inPlaces, outPlaces].map((places) => places === kernel[0] * kernel[1]);
          const width = block.places.length > 1 && block.places[1] !== 1;
          const [ofV, ofU] = (
            whole[0] && outPlaces === 1 ? [kernel, [1, 1]] : whole[1] && inPlaces === 1 ? [[1, 1], kernel]
            : width ? [[1, kernel[1]], [kernel[0], 1]] : [[kernel[0], 1], [1, kernel[1]]]
          ) as [[number, number], [number, number]]; // prettier-ignore
          const ofFirst = ofV.map((side, a) => (side === kernel[a] ? strides[a]! : 1)) as [number, number];
          const ofSecond = strides.map((stride, a) => stride / ofFirst[a]!) as [number, number];
          const hook = () =>
            tf.tidy(() => {
              let y: tf.Tensor = conv(x, w, strides);
              for (let c = 0; c < C; c++) {
                const part = (t: tf.Tensor, size: readonly number[], channels: number) =>
                  tf.reshape(tf.slice(t, [0, c * r, 0], [1, r, -1]), [r, ...size, channels]);
                const first = tf.transpose(part(v, ofV, ci), [1, 2, 3, 0]);
                const second = tf.transpose(part(u, ofU, co), [1, 2, 0, 3]);
                const both = conv(conv(x, first, ofFirst), second, ofSecond);
                y = tf.add(y, tf.mul(both, tf.slice(pi, [0, c], [1, 1])));
              }
              return y;
            });
          const merged = () => tf.tidy(() => conv(x, tf.add(w, tf.reshape(composed(block, v, u, pi), w.shape)), strides)); // prettier-ignore
          expect(await difference([merged, hook], [w, v, u, pi])).toBeLessThan(1e-5);
          tf.dispose([x, w, v, u, pi]);
        },
      ),
      { numRuns: backend === 'webgpu' ? 4 : 25 },
    );
  }, 240_000);

  it('a dense layer beside which thin products are added does as the merged one', async () => {
    const net = network({ inputs: 40, hidden: [], classes: 30 });
    const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: 40, outputs: 30 }], { clusters: 3, rank: 2, adaptors: { bias: false } }); // prettier-ignore
    const block = layout.adaptors[0] as FactorBlock;
    const [x, w, b, v, u, pi] = [[4, 5, 40], [4, 40, 30], [4, 30], [4, 6, 40], [4, 6, 30], [4, 3]].map((shape, i) => tensor(i, shape)) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]; // prettier-ignore
    // B(m + n) = 350 is less than m n = 1200.
    const factored = () => tf.tidy(() => logits(net, layout, { base: [w, b], parts: [v, u], pi }, x));
    const merged = () => tf.tidy(() => tf.add(tf.matMul(x, tf.add(w, composed(block, v, u, pi))), tf.expandDims(b, 1)));
    const { kernels } = await tf.profile(factored);
    expect(kernels.filter(({ name }) => name === 'BatchMatMul')).toHaveLength(3);
    expect(await difference([factored, merged], [w, b, v, u, pi])).toBeLessThan(1e-5);
    tf.dispose([x, w, b, v, u, pi]);
  });
});
