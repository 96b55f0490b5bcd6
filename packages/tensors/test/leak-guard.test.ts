import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { leakGuard, useBackend } from '../src/index.js';

beforeAll(async () => {
  await useBackend('cpu');
});

test('what is returned is no leak, alone or in arrays and objects', () => {
  expect(leakGuard(() => 3)).toBe(3);
  const result = leakGuard(() => ({
    a: tf.ones([2]),
    list: [tf.zeros([1]), { b: tf.ones([3]) }],
    text: 'x',
    none: null,
  }));
  expect(result.a.shape).toEqual([2]);
  tf.dispose(result as never);
});

test('what stays is counted, in tensors and bytes', () => {
  expect(() =>
    leakGuard(
      () => {
        tf.ones([2, 2]);
        tf.ones([3], 'bool');
        return tf.ones([100]);
      },
      { name: 'a training step' },
    ),
  ).toThrow(
    'leakGuard: a training step left 2 tensors (19 bytes) behind; must be at most 0. Dispose them, or wrap synchronous code in tf.tidy.',
  );
  expect(leakGuard(() => tf.ones([1]).rank, { allow: 1 })).toBe(1);
  expect(() => leakGuard(() => [tf.ones([1]).rank, tf.ones([1]).rank], { allow: 1 })).toThrow(
    'leakGuard: the function left 2 tensors (8 bytes) behind; must be at most 1.',
  );
});

test('asynchronous functions are waited for', async () => {
  const later = async (keep: boolean) => {
    const tensor = tf.ones([4]);
    await tensor.data();
    if (!keep) tensor.dispose();
    return 'done';
  };
  expect(await leakGuard(() => later(false))).toBe('done');
  await expect(leakGuard(() => later(true))).rejects.toThrow(
    'leakGuard: the function left 1 tensors (16 bytes) behind',
  );
});

test('an error passes through', async () => {
  expect(() =>
    leakGuard(() => {
      throw new Error('own');
    }),
  ).toThrow('own');
  await expect(leakGuard(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
});

test('refuses a count that is none', () => {
  for (const allow of [-1, 0.5, NaN]) {
    expect(() => leakGuard(() => 1, { allow })).toThrow(
      `leakGuard: 'allow' is ${allow}; must be an integer from 0 on. Leave it out for 0.`,
    );
  }
});
