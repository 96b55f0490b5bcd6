/** In headless Chromium, bundled. */
import { stream } from '@assay-ml/numerics';
import type * as Core from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { chromium, printedInChromium } from '../../../vitest.chromium.mjs';
import * as tensors from '../src/index.js';

/** What the page computes; it is sent there as text, so it refers to nothing but its arguments. */
async function compute(
  tf: typeof Core,
  { batchNorm, causalSoftmax, gelu, hessianVector, normal, rotary, useBackend }: typeof tensors,
  key: typeof stream,
) {
  const report = await useBackend('wasm');
  const x = normal(key(7, 'x'), [3, 6, 6, 2]) as Core.Tensor4D;
  const params = [normal(key(7, 'w'), [3, 3, 2, 5]), tf.ones([5])];
  const loss = (p: readonly Core.Tensor[]) =>
    tf.sum(tf.tanh(batchNorm(tf.conv2d(x, p[0] as Core.Tensor4D, 2, 'same'), p[1]!, p[1]!, 'batch').y));
  const gradients = tf.grads((...p) => loss(p))(params);
  const products = hessianVector(loss, params, gradients);
  const turned = rotary(normal(key(7, 'turned'), [2, 3, 3, 6]));
  const mixed = tf.grad((p) => tf.sum(gelu(causalSoftmax(p))))(turned);
  const values = await Promise.all(
    [...gradients, ...products, turned, mixed].map(async (tensor) => [...(await tensor.data())]),
  );
  return { name: report.name, threads: report.threads, values };
}

test.skipIf(!chromium)(
  'wasm starts and differentiates with the numbers of Node (skipped without chromium on PATH or in CHROMIUM)',
  async () => {
    const [printed] = await printedInChromium(`
      import { stream } from '@assay-ml/numerics';
      import * as tensors from '@assay-ml/tensors';
      import * as tf from '@tensorflow/tfjs-core';
      console.log(JSON.stringify(await (${compute.toString()})(tf, tensors, stream)));`);
    const page = JSON.parse(printed!) as Awaited<ReturnType<typeof compute>>;
    const here = await compute(tf, tensors, stream);
    expect(page.name).toBe('wasm');
    expect(page.threads).toBe(1);
    expect(page.values).toEqual(here.values);
  },
  180_000,
);
