import { expect, it } from 'vitest';
import { time } from '../src/time.js';

const result = () => [];

it('counts the calls of a block, at least one, each with its time in ns', async () => {
  let calls = 0;
  const run = () => {
    calls++;
    const start = performance.now();
    while (performance.now() - start < 5);
  };
  const samples = await time({ run, result }, false, 40);
  expect(calls).toBeGreaterThanOrEqual(samples.length);
  expect(samples.length).toBeLessThanOrEqual(9);
  for (const sample of samples) expect(sample).toBeGreaterThanOrEqual(4.9e6);
  expect(await time({ run, result }, false, 1)).toHaveLength(1);
});

it('times a promise up to its end, one call at a time', async () => {
  let running = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
  };
  const samples = await time({ run, result }, true, 50);
  expect(samples.length).toBeLessThanOrEqual(3);
  for (const sample of samples) expect(sample).toBeGreaterThanOrEqual(18e6);
  expect([most, running]).toEqual([1, 0]);
});

it.each([false, true])('throws what the work throws (promised: %s)', async (promised) => {
  const run = promised
    ? () => Promise.reject(new Error('no thread left'))
    : () => {
        throw new Error('no thread left');
      };
  await expect(time({ run, result }, promised, 1)).rejects.toThrow('no thread left');
});
