/**
 * A fixed sample of the sweep behind ops.md among the tests: of every operation its first case and every fourth after it, on cpu
 * and wasm, with values, gradient and product with the Hessian. A kernel or gradient that goes wrong is seen here first.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script without types
import { casesOf } from '../scripts/ops/cases.mjs';
// @ts-expect-error a script without types
import * as judging from '../scripts/ops/judge.mjs';
// @ts-expect-error a script without types
import * as measuring from '../scripts/ops/measure.mjs';
import { useBackend } from '../src/index.js';

interface Case {
  readonly op: string;
  readonly name: string;
  readonly order: 0 | 1 | 2;
}
type What = 'values' | 'gradient' | 'curvature';
type Measure = (library: typeof tf, c: Case, inputs: tf.Tensor[]) => tf.Tensor[];

const cases = (casesOf as (backend: string, only: string) => readonly Case[])('cpu', '');
const { judge } = judging as {
  judge: (c: Case, reference: object, line: object, what: What, backend: string) => string;
};
const { tensorsOf, valuesOf, gradientOf, curvatureOf } = measuring as {
  tensorsOf: (library: typeof tf, c: Case) => tf.Tensor[];
  valuesOf: (library: typeof tf, c: Case, inputs: tf.Tensor[]) => Promise<unknown>;
  gradientOf: Measure;
  curvatureOf: Measure;
};

/** Cases of an operation from one of the sample to the next. */
const STEP = 4;

const seen = new Map<string, number>();
const sample = cases.flatMap((c, index) => {
  const before = seen.get(c.op) ?? 0;
  seen.set(c.op, before + 1);
  return before % STEP === 0 ? [{ c, index }] : [];
});

/** JSON has no NaN and no ∞: the scripts write them as texts. */
const written = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, item) => (typeof item === 'number' && !Number.isFinite(item) ? String(item) : item)),
  );

// In a process of its own: it computes in float64 by exchanging a global.
const script = fileURLToPath(new URL('../scripts/ops/reference.mjs', import.meta.url));
const reference = new Map(
  execFileSync(process.execPath, [script, '', sample.map(({ index }) => index).join(',')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  })
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { index: number })
    .map((line) => [line.index, line]),
);

async function attempt(compute: () => unknown): Promise<object> {
  try {
    return { values: written(await compute()) };
  } catch (error) {
    const { message, constructor } = error as Error;
    return { error: message.split('\n')[0], type: constructor.name };
  }
}

const read = async (tensors: tf.Tensor[]) => Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));

describe.each(['cpu', 'wasm'] as const)('%s', (backend) => {
  it(`is right, or refuses: ${sample.length} of ${cases.length} cases`, { timeout: 300_000 }, async () => {
    await useBackend(backend);
    const wrong: string[] = [];
    const counts: Record<string, number> = {};
    for (const { c, index } of sample) {
      const inputs = tensorsOf(tf, c);
      const line: Record<What, object | undefined> = {
        values: await attempt(() => valuesOf(tf, c, inputs)),
        gradient: c.order > 0 ? await attempt(() => read(gradientOf(tf, c, inputs))) : undefined,
        curvature: c.order > 1 ? await attempt(() => read(curvatureOf(tf, c, inputs))) : undefined,
      };
      tf.dispose(inputs);
      for (const what of ['values', 'gradient', 'curvature'] as const) {
        if (!line[what]) continue;
        const status = judge(c, reference.get(index)!, line, what, backend);
        counts[status] = (counts[status] ?? 0) + 1;
        if (!['right', 'refused', 'stops', 'loses NaN'].includes(status)) wrong.push(`${c.name}, ${what}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    // What is refused or stops is little, or nothing would be known.
    expect(counts['right']).toBeGreaterThan(0.9 * Object.values(counts).reduce((a, b) => a + b, 0));
  });
});
