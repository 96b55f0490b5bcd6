import type { CellContext, CellRecord, Json } from '@assay-ml/claims';
import { judge } from '@assay-ml/claims';
import { compose, noiseNorms, tails } from '@assay-ml/clip-adagrad';
import { stream } from '@assay-ml/numerics';
import { useBackend } from '@assay-ml/tensors';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchesOf, gradient, startOf, tested, training } from '../src/cells/classifier.js';
import { bagsOf, corpusFolder, instance } from '../src/cells/sentences.js';
import { run as runText, type TextConfig } from '../src/cells/text.js';
import { run as runTails } from '../src/cells/text-tails.js';
import clipAdagrad from '../src/index.js';

const context: CellContext = { signal: new AbortController().signal, backend: { name: 'wasm', threads: 1 } };
const sizes = { train: 80, test: 40, batch: 8 };
const base: TextConfig = { ...sizes, task: 'balanced', optimiser: 'Adam', gammas: [0.01, 0.03], levels: [], tuning: 1, reports: 2 }; // prettier-ignore
type Values = { tuned: Json; edges: Json; tried: { gamma: number; level: number | null; loss: number | null }[]; runs: { seed: number; loss: number | null; accuracy: number | null; curve: [number, number | null][] }[] }; // prettier-ignore
const run = async (config: Partial<TextConfig>, seed = 5) =>
  (await runText({ ...base, ...config }, seed, context)) as unknown as Values;

beforeAll(async () => void (await useBackend('wasm')));

describe('sentences', () => {
  it('are the different words of a line, in lower case and without tags and signs', () => {
    const text =
      '\n\n\tThe/at cat/nn and/or-cc the/at 1/2-inch/nn dog/nn saw/vbd it/ppo ,/, 12/cd ./.\n\tToo/ql short/jj ./.\n';
    expect(bagsOf(text)).toEqual([['the', 'cat', 'and', '1/2-inch', 'dog', 'saw', 'it']]);
  });

  it('are half of each class, and the same for both tasks', () => {
    expect(corpusFolder()).not.toBeNull();
    const [rare, balanced] = (['rare', 'balanced'] as const).map((task) => instance(task, sizes, 3));
    for (const { train, test } of [rare!, balanced!]) {
      expect([train.labels, test.labels].map((list) => [list.length, list.reduce((a, b) => a + b)])).toEqual([[80, 40], [40, 20]]); // prettier-ignore
    }
    expect(balanced!.weights).toHaveLength(64);
    // The common words come first, so that they have the same numbers in both.
    expect(rare!.train.words.map((words) => words.filter((word) => word < 64))).toEqual(balanced!.train.words);
    expect(instance('rare', sizes, 4).train.words).not.toEqual(rare!.train.words);
  });

  it('weigh a word by 1/√p over the training sentences', () => {
    const { train, weights } = instance('rare', sizes, 3);
    weights.forEach((weight, word) => {
      const share = train.words.filter((words) => words.includes(word)).length / 80;
      expect(weight).toBeCloseTo(1 / Math.sqrt(share), 5);
    });
  });
});

describe('the classifier', () => {
  it('has the gradient of its loss', async () => {
    const own = instance('balanced', sizes, 1);
    const weights = startOf(own, 1);
    const rows = Array.from(own.train.labels.keys());
    const slopes = tf.tidy(() => gradient(own, weights, rows));
    for (const [k, at] of [[0, 5], [1, 3], [2, 7], [3, 1]] as const) {
      const values = await weights[k]!.data();
      const loss = async (by: number) => {
        const moved = values.map((value, i) => (i === at ? value + by : value));
        const other = weights.map((tensor, i) => (i === k ? tf.tensor(moved, tensor.shape) : tensor));
        const found = await tested(own, own.train, other);
        other[k]!.dispose();
        return found!.loss;
      };
      const expected = ((await loss(0.003)) - (await loss(-0.003))) / 0.006;
      expect((await slopes[k]!.data())[at]).toBeCloseTo(expected, 3);
    }
    tf.dispose([weights, slopes]);
  }); // prettier-ignore

  it('stops when it is told to, and leaves nothing behind', async () => {
    const own = instance('balanced', sizes, 1);
    const before = tf.memory().numTensors;
    const options = { method: compose({ gamma: 1 }), batch: 8, seed: 1, signal: AbortSignal.abort() };
    await expect(training(own, options, [], async () => undefined)).rejects.toThrow(/abort/i);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('trainings', () => {
  it('tune on the first seeds and run on those after them, and leave nothing behind', async () => {
    await run({});
    const before = tf.memory().numTensors;
    const { tuned, tried, runs, edges } = await run({ tuning: 2 });
    expect(tf.memory().numTensors).toBe(before);
    expect(runs.map(({ seed }) => seed)).toEqual([7, 8]);
    expect(runs[0]!.curve.map(([step]) => step)).toEqual([2, 4, 6, 8, 10]);
    expect(runs[0]!.curve.at(-1)![1]).toBe(runs[0]!.loss);
    const [best] = [...tried].sort((a, b) => a.loss! - b.loss!);
    expect(tuned).toEqual({ gamma: best!.gamma, level: null });
    expect(edges).toEqual({ gamma: true, level: false });
    // What was tuned on two seeds is the mean of both.
    const each = await Promise.all(
      [5, 6].map(async (seed) => (await run({ tuning: 1, reports: 0 }, seed)).tried[0]!.loss!),
    );
    expect(tried[0]!.loss).toBeCloseTo((each[0]! + each[1]!) / 2, 12);
  });

  it.each(['Adam', 'AdaGrad'] as const)(
    'Clip-%s is it at a level out of reach, and is not at a low one',
    async (name) => {
      const [plain, far, near] = [
        await run({ optimiser: name }),
        await run({ optimiser: `Clip-${name}`, levels: [1e6] }),
        await run({ optimiser: `Clip-${name}`, levels: [0.3] }),
      ];
      const losses = ({ runs }: Values) => runs.map(({ loss }) => loss);
      expect(losses(far)).toEqual(losses(plain));
      expect(losses(near)).not.toEqual(losses(plain));
    },
  );

  it('take a step size that diverges for the worst', async () => {
    const { tuned, tried } = await run({ gammas: [0.01, 1e30], reports: 0 });
    expect(tried[1]!.loss).toBeNull();
    expect(tuned).toMatchObject({ gamma: 0.01 });
  });

  it('tails are those of the distances to the gradient on all sentences', async () => {
    const config = { ...sizes, batch: 4, task: 'rare', gamma: 0.01, draws: 40 } as const;
    const found = (await runTails(config, 2, context)) as unknown as { checkpoints: { step: number; mild: number; extreme: number; count: number }[] }; // prettier-ignore
    expect(found.checkpoints.map(({ step, count }) => [step, count])).toEqual([[0, 40], [7, 40], [13, 40], [20, 40]]); // prettier-ignore
    const own = instance('rare', config, 2);
    const start = startOf(own, 2);
    const host = async (rows: ArrayLike<number>) => {
      const tensors = tf.tidy(() => gradient(own, start, rows));
      const values = await Promise.all(tensors.map((tensor) => tensor.data()));
      tf.dispose(tensors);
      return values as Float32Array[];
    };
    const key = stream(2, 'clip-adagrad', 'text', 'tails');
    const gradients = [];
    for (let k = 0; k < 40; k++) gradients.push(await host(key.at(0, k).choice(80, new Uint32Array(4))));
    const { mild, extreme } = tails(noiseNorms(gradients, await host(Array.from({ length: 80 }, (__, i) => i))));
    expect(found.checkpoints[0]).toMatchObject({ mild, extreme });
    expect(batchesOf(own, 4, 2)).toHaveLength(20);
    tf.dispose(start);
  });
});

describe('plan and claims', () => {
  const experiment = (id: string) => clipAdagrad.experiments.find((e) => e.id === id)!;
  const judged = (id: string, records: readonly CellRecord[]) =>
    judge(
      clipAdagrad.claims.find((c) => c.id === `clip-adagrad.${id}`)!,
      records,
      'standard',
    );
  const verdict = (id: string, records: readonly CellRecord[]) => judged(id, records).verdict;
  let count = 0;
  const record = (name: string, config: Json, seed: number, values: Record<string, Json>): CellRecord => ({
    id: `cell-${count++}`,
    experiment: name,
    config,
    seed,
    status: 'done',
    values,
    seconds: 0,
  });

  it('quick has none; standard tunes 5 step sizes × 3 levels on 3 seeds and trains 20 more, five times', () => {
    expect([experiment('text'), experiment('text-tails')].map(({ cells }) => cells('quick'))).toEqual([[], []]);
    const cells = experiment('text').cells('standard') as { config: TextConfig; seed: number }[];
    expect(cells).toHaveLength(5 * 8);
    expect([...new Set(cells.map(({ seed }) => seed))]).toEqual([0, 23, 46, 69, 92]);
    for (const { config } of cells) {
      expect(config).toMatchObject({ tuning: 3, reports: 20 });
      expect([config.gammas.length, config.levels.length]).toEqual([5, config.optimiser.startsWith('Clip-') ? 3 : 0]);
    }
    expect(experiment('text-tails').cells('standard')).toHaveLength(20);
    expect(experiment('text').missing!()).toBeNull();
  });

  /** Cells of five tunings whose losses without clipping are about these factors of those with. */
  const texts = (heavy: number, light: number) =>
    (['rare', 'balanced'] as const).flatMap((task) =>
      (['Adam', 'Clip-Adam', 'AdaGrad', 'Clip-AdaGrad'] as const).flatMap((optimiser) =>
        [0, 23, 46, 69, 92].map((tuned) => {
          const own = 1 + 1e-3 * stream(tuned, task, optimiser).uniform();
          const factor = own * (optimiser.startsWith('Clip-') ? 1 : task === 'rare' ? heavy : light);
          const runs = Array.from({ length: 20 }, (_, k) => ({ seed: tuned + 3 + k, loss: factor * (0.5 + k / 1000), curve: [] })); // prettier-ignore
          return record('text', { task, optimiser }, tuned, { runs });
        }),
      ),
    );

  it('C11 wants no effect on the light task, and more on the heavy one; a block is a tuning', () => {
    expect(judged('C11', texts(1.3, 1.05))).toMatchObject({ verdict: 'supported', n: 5, unit: 'log10 of a ratio of losses' }); // prettier-ignore
    expect(verdict('C11', texts(1.3, 1.2))).toBe('refuted');
    expect(verdict('C11', texts(1.3, 0.8))).toBe('refuted');
    expect(verdict('C11', texts(1, 1.05))).toBe('refuted');
    const [once, none] = [texts(1.3, 1.05).filter(({ seed }) => seed === 0), texts(1, 1).slice(5)];
    expect(judged('C11', once).why).toContain('one block has no interval');
    expect(() => verdict('C11', none)).toThrow('evidence: no finished cell of text with Adam on the rare task.');
  });

  it('C11 counts trainings that have no loss, and misses loudly what one side alone has', () => {
    const excluded = (cells: readonly CellRecord[]) =>
      clipAdagrad.claims.find(({ id }) => id === 'clip-adagrad.C11')!.evidence(cells, 'standard');
    const cells = texts(1.3, 1.05);
    (cells[0]!.values['runs'] as unknown as { loss: number | null }[])[2]!.loss = null;
    expect(excluded(cells)).toMatchObject({ kind: 'paired', excluded: 1 });
    expect(() => excluded(texts(1.3, 1.05).filter((_, k) => k !== 9))).toThrow('has no twin with clipping');
  });

  it('C11-tails looks at the last checkpoint', () => {
    const cells = (mild: number, extreme: number) =>
      [0, 1, 2, 3, 4].flatMap((seed) =>
        (['rare', 'balanced'] as const).map((task) => {
          const spread = seed / 1000; // seeds differ a little
          const last = task === 'rare' ? { mild, extreme } : { mild: 5 + spread, extreme: 1000 + spread };
          return record('text-tails', { task }, seed, { checkpoints: [{ step: 0, mild: 1, extreme: 0 }, { step: 9, ...last }] }); // prettier-ignore
        }),
      );
    expect(verdict('C11-tails', cells(6, 2000))).toBe('supported');
    expect(verdict('C11-tails', cells(4, 2000))).toBe('refuted');
    expect(verdict('C11-tails', cells(6, 500))).toBe('refuted');
  });
});
