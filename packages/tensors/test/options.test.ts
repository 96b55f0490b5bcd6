import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { adam, leakGuard, lion, momentum, registerNative, sgd, sign, useBackend } from '../src/index.js';

beforeAll(async () => {
  await useBackend('cpu');
});

const rule = { rate: 0.1, momentum: 0, weightDecay: 0 };
const calls: Record<string, (wrong: object) => unknown> = {
  useBackend: (wrong) => useBackend('cpu', wrong),
  registerNative: (wrong) => registerNative(wrong),
  leakGuard: (wrong) => leakGuard(() => 1, wrong),
  sgd: (wrong) => sgd({ parameters: [tf.scalar(1)], velocity: [tf.scalar(0)] }, [tf.scalar(1)], { ...rule, ...wrong }),
  adam: (wrong) => adam({ parameters: [], first: [], second: [] }, [], { rate: 1, t: 1, ...wrong }),
  lion: (wrong) => lion({ parameters: [], first: [] }, [], { rate: 1, ...wrong }),
  momentum: (wrong) => momentum({ parameters: [], first: [] }, [], { rate: 1, ...wrong }),
  sign: (wrong) => sign({ parameters: [] }, [], { rate: 1, ...wrong }),
};

it.each(Object.entries(calls))('%s refuses an option that is not known', async (name, call) => {
  await call({});
  const error = await Promise.resolve()
    .then(() => call({ alow: 1 }))
    .catch((e: unknown) => e);
  expect(error).toBeInstanceOf(RangeError);
  expect((error as Error).message).toMatch(new RegExp(`^${name}: 'alow' is no option; must be one of .+\\?$`));
});

it('leakGuard refuses what is no function', () => {
  expect(() => leakGuard(tf.scalar(1) as never)).toThrow(
    new TypeError("leakGuard: 'run' is an object; must be a function."),
  );
});
