/** The real-data experiment of `local`: its problem on tiny generated images, its partitions, and what it says without data. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcessExecutor, judge, runReproduction, type CellRecord, type Json } from '@assay-ml/claims';
import { catalogue, howToGet, type LabelledImages } from '@assay-ml/datasets';
import { stream } from '@assay-ml/numerics';
import { minibatch, type MethodName } from '@assay-ml/theory-sim';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CLIENTS, IMAGES_PER_CLIENT, partition, PARTITIONS } from '../src/cells/fashion-data.js';
import { CHECKPOINTS, LAMBDAS } from '../src/cells/fashion.js';
import { fashion, fashionExperiments } from '../src/claims/fashion.js';
import { accuracy, meanImage, softmax } from '../src/softmax.js';

/** Images of 2×3 random pixels in three classes. */
function images(count: number, seed = 3): LabelledImages {
  const draw = stream(seed, 'tiny images');
  return {
    images: Uint8Array.from({ length: 6 * count }, () => draw.integer(256)),
    labels: Uint8Array.from({ length: count }, () => draw.integer(3)),
    count,
    rows: 2,
    columns: 3,
    classes: 3,
  };
}
const PIXELS = 6;
const WIDTH = PIXELS + 1;
const D = 3 * WIDTH;

/** The textbook's loops: loss and gradient of one client, one image, one class and one feature at a time. */
function textbook(
  data: LabelledImages,
  mean: Float64Array,
  chosen: readonly number[],
  lambda: number,
  w: Float64Array,
) {
  let loss = 0;
  const gradient = new Float64Array(D);
  for (const image of chosen) {
    const x = [...Array.from({ length: PIXELS }, (_, j) => data.images[image * PIXELS + j]! / 255 - mean[j]!), 1];
    const scores = [0, 1, 2].map((c) => x.reduce((sum, xj, j) => sum + w[c * WIDTH + j]! * xj, 0));
    const total = scores.reduce((sum, z) => sum + Math.exp(z), 0);
    const label = data.labels[image]!;
    loss += (Math.log(total) - scores[label]!) / chosen.length;
    for (let c = 0; c < 3; c++) {
      const residual = Math.exp(scores[c]!) / total - (c === label ? 1 : 0);
      for (let j = 0; j < WIDTH; j++) gradient[c * WIDTH + j]! += (residual * x[j]!) / chosen.length;
    }
  }
  for (let j = 0; j < D; j++) {
    loss += (lambda * w[j]! ** 2) / (1 + w[j]! ** 2);
    gradient[j]! += (lambda * 2 * w[j]!) / (1 + w[j]! ** 2) ** 2;
  }
  return { loss, gradient };
}

const close = (a: Float64Array, b: Float64Array): void => a.forEach((v, j) => expect(v).toBeCloseTo(b[j]!, 12));
const point = (seed: number, size = 1): Float64Array =>
  stream(seed, 'point')
    .fillNormal(new Float64Array(D))
    .map((v) => size * v);

describe('softmax', () => {
  const data = images(320);
  const mean = meanImage(data);
  // More rows than pass through the kernels at once, and a number that no block size divides.
  const clients = [Uint32Array.from({ length: 157 }, (_, k) => 2 * k), Uint32Array.of(319, 5, 7)];

  it.each([0, 1e-3, 0.5])('has the textbook’s loss and gradient over any rows, λ = %f', (lambda) => {
    const samples = softmax(data, { mean, clients, lambda });
    const w = point(1);
    const out = new Float64Array(D).fill(Number.NaN);
    for (const [client, rows] of [
      [0, Uint32Array.from({ length: 157 }, (_, k) => k)],
      [0, Uint32Array.of(156, 3, 80)],
      [1, Uint32Array.of(2, 0)],
      [1, Uint32Array.of(1)],
    ] as const) {
      const expected = textbook(
        data,
        mean,
        [...rows].map((row) => clients[client]![row]!),
        lambda,
        w,
      );
      samples.gradient(client, rows, w, out);
      close(out, expected.gradient);
      expect(samples.value!(client, rows, w)).toBeCloseTo(expected.loss, 12);
    }
  });

  it('has the gradient that differences of its value show', () => {
    const problem = minibatch(softmax(data, { mean, clients, lambda: 0.1 }), 3);
    const w = point(2);
    const g = new Float64Array(D);
    problem.fullGrad!(w, g);
    const h = 1e-5;
    for (let j = 0; j < D; j++) {
      const at = (step: number): number => problem.value!(w.map((v, k) => (k === j ? v + step : v)));
      expect((at(h) - at(-h)) / (2 * h)).toBeCloseTo(g[j]!, 8);
    }
  });

  it('survives scores that overflow an exponential', () => {
    const samples = softmax(data, { mean, clients, lambda: 0 });
    const rows = Uint32Array.of(0, 1);
    const w = point(4, 1e4);
    const out = new Float64Array(D);
    samples.gradient(0, rows, w, out);
    expect(out.every(Number.isFinite)).toBe(true);
    expect(samples.value!(0, rows, w)).toBeGreaterThan(100);
  });

  it('is λ/2-weakly convex', () => {
    const lambda = 0.5;
    const problem = minibatch(softmax(data, { mean, clients, lambda }), 3);
    fc.assert(
      fc.property(fc.nat(1e6), fc.double({ min: 0.01, max: 3, noNaN: true }), (seed, distance) => {
        const [x, away] = [point(seed), point(seed + 1, distance)];
        const y = x.map((v, j) => v + away[j]!);
        const [gx, gy] = [new Float64Array(D), new Float64Array(D)];
        problem.fullGrad!(x, gx);
        problem.fullGrad!(y, gy);
        const inner = x.reduce((sum, v, j) => sum + (v - y[j]!) * (gx[j]! - gy[j]!), 0);
        expect(inner).toBeGreaterThanOrEqual(-(lambda / 2) * away.reduce((sum, v) => sum + v * v, 0) - 1e-12);
      }),
    );
  });

  it('counts the images whose label scores highest', () => {
    const tiny: LabelledImages = {
      images: Uint8Array.of(255, 0, 0, 255, 255, 255, 0, 0),
      labels: Uint8Array.of(0, 1, 1, 1),
      count: 4,
      rows: 1,
      columns: 2,
      classes: 2,
    };
    const mean = meanImage(tiny);
    expect([...mean]).toEqual([0.5, 0.5]);
    // Class 0 scores pixel 0, class 1 pixel 1: right for images 0 and 1; equal scores of images 2 and 3 count as class 0.
    expect(accuracy(tiny, mean, Float64Array.of(1, 0, 0, 0, 1, 0))).toBe(0.5);
    // An intercept for class 1 settles the ties.
    expect(accuracy(tiny, mean, Float64Array.of(1, 0, 0, 0, 1, 0.1))).toBe(1);
  });
});

describe('partition', () => {
  const labels = Uint8Array.from({ length: 60_000 }, (_, k) => k % 10);
  const counts = (list: Uint32Array): number[] =>
    Array.from({ length: 10 }, (_, c) => list.filter((image) => labels[image] === c).length);

  it.each(['iid', 'two-class', 'dirichlet'] as const)('%s: ten clients with 2,000 images each, none twice', (kind) => {
    const clients = partition(labels, kind, 1);
    expect(clients.map((list) => list.length)).toEqual(new Array(CLIENTS).fill(IMAGES_PER_CLIENT));
    expect(new Set(clients.flatMap((list) => [...list])).size).toBe(20_000);
    expect(partition(labels, kind, 1)).toEqual(clients);
    expect(partition(labels, kind, 2)).not.toEqual(clients);
  });

  it('two-class: 1,000 images of each of two classes a client, each class at two clients', () => {
    const table = partition(labels, 'two-class', 1).map(counts);
    for (const row of table) expect(row.filter((n) => n > 0)).toEqual([1000, 1000]);
    for (let c = 0; c < 10; c++) expect(table.filter((row) => row[c]! > 0)).toHaveLength(2);
  });
});

describe('without the images', () => {
  const { folders } = catalogue['fashion-mnist'];
  const kept = [...folders];
  afterEach(() => {
    vi.unstubAllEnvs();
    (folders as string[]).push(...kept);
  });

  it('no cell is planned, each claim says how to get them, and the other tiers say who runs it', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'fashion-'));
    vi.stubEnv('ASSAY_DATA', empty);
    vi.stubEnv('ASSAY_CACHE', empty);
    (folders as string[]).length = 0;
    const reproduction = {
      schema: 1 as const,
      key: 'local',
      project: 'theory-sim',
      title: 'fashion',
      citation: '',
      experiments: fashionExperiments,
      claims: fashion,
    };
    const verdicts = async (tier: 'quick' | 'standard') =>
      (await runReproduction(reproduction, { tier, folder: join(empty, tier), executor: inProcessExecutor() }))
        .verdicts;
    for (const { verdict, why } of await verdicts('standard')) {
      expect(verdict).toBe('not-run');
      expect(why).toBe(`data missing: ${howToGet('fashion-mnist')}`);
    }
    for (const { verdict, why } of await verdicts('quick')) {
      expect(verdict).toBe('not-run');
      expect(why).toBe('runs at tier standard and full');
    }
  });
});

describe('the plan', () => {
  it('tunes on every other seed and reports on the next, in five blocks or as many as asked for', () => {
    const [runs, constants] = fashionExperiments;
    expect(runs!.cells('quick')).toEqual([]);
    expect(constants!.cells('quick')).toEqual([]);
    expect(runs!.cells('standard')).toHaveLength(5 * 18);
    expect([...new Set(runs!.cells('standard').map(({ seed }) => seed))]).toEqual([4, 6, 8, 10, 12]);
    expect(runs!.cells('standard', undefined, 1000)[0]).toEqual({
      config: { partition: 'iid', lambda: 0, method: 'minibatchSgd', reports: 1 },
      seed: 1000,
    });
    expect(new Set(runs!.cells('full', 2).map(({ seed }) => seed))).toEqual(new Set([4, 6]));
    expect(constants!.cells('standard', 7, 1000)).toEqual(
      PARTITIONS.map((kind) => ({ config: { partition: kind, points: 3, images: 500 }, seed: 1000 })),
    );
  });
});

describe('the claims, on made-up records', () => {
  /** Final ‖∇f‖² by partition and method; blocks and λ vary it by the same factors for all, and each by 0.1 % of its own. */
  type Finals = Record<(typeof PARTITIONS)[number], Record<MethodName, number>>;
  const expected: Finals = {
    iid: { minibatchSgd: 3, localSgd: 2, scaffold: 2 },
    'two-class': { minibatchSgd: 3, localSgd: 6, scaffold: 1 },
    dirichlet: { minibatchSgd: 3, localSgd: 9, scaffold: 2.5 },
  };
  const BLOCKS = [4, 6, 8, 10, 12];
  const record = (experiment: string, config: Json, values: Record<string, Json>, seed = 4): CellRecord => ({
    id: JSON.stringify([experiment, config, seed]),
    experiment,
    config,
    seed,
    status: 'done',
    values,
    seconds: 1,
  });
  const made = (
    finals: Finals,
    predicted = 'scaffold',
    candidates: readonly string[] = [predicted],
    edges: Readonly<Record<string, string>> = {},
  ): CellRecord[] =>
    PARTITIONS.flatMap((kind) => [
      record(
        'fashion-constants',
        { partition: kind, points: 3, images: 500 },
        {
          advice: Object.fromEntries(
            LAMBDAS.map((lambda) => [
              String(lambda),
              { winner: predicted, candidates, rates: { minibatchSgd: 3, localSgd: 2, scaffold: 1 } },
            ]),
          ),
        },
      ),
      ...LAMBDAS.flatMap((lambda) =>
        (['minibatchSgd', 'localSgd', 'scaffold'] as const).flatMap((method) =>
          BLOCKS.map((seed, k) => {
            const own = 1 + 1e-3 * (stream(seed, kind, method).uniform() - 0.5);
            const final = finals[kind][method] * (k + 1);
            return record(
              'fashion',
              { partition: kind, lambda, method, reports: 1 },
              {
                edge: edges[`${kind}, ${method}, ${lambda}, ${seed}`] ?? edges[`${kind}, ${method}, ${lambda}`] ?? null,
                reports: [
                  {
                    seed: seed + 1,
                    gradientNorm2: CHECKPOINTS.map((round) => (final * own * 50) / round),
                    testAccuracy: 0.9 - (own * finals[kind][method]) / 100,
                  },
                ],
              },
              seed,
            );
          }),
        ),
      ),
    ]);
  const verdictOf = (id: string, records: readonly CellRecord[]) =>
    judge(
      fashion.find((claim) => claim.id === `local.${id}`)!,
      records,
      'standard',
    );
  const swapped = (kind: keyof Finals, change: Partial<Record<MethodName, number>>): Finals => ({
    ...expected,
    [kind]: { ...expected[kind], ...change },
  });

  it('each is judged over five blocks, a tuning with its report, both λ in one', () => {
    for (const id of ['F1', 'F2', 'F3', 'F4', 'F5', 'F6']) {
      expect(verdictOf(id, made(expected))).toMatchObject({
        verdict: 'supported',
        n: 5,
        blocks: 5,
        judgedBy: 'interval',
      });
    }
    // The narrowest parts: LocalSGD 6 against 2, SCAFFOLD 2.5 against 2, 2.5 against 9, 2.5 against 3, 3 against 6, 2 against 2.
    const narrowest = { F1: 3, F2: 1.25, F3: 2.5 / 9, F4: 2.5 / 3, F5: 0.5, F6: 1 };
    for (const [id, ratio] of Object.entries(narrowest)) {
      expect(verdictOf(id, made(expected)).measured).toBeCloseTo(Math.log10(ratio), 3);
    }
  });

  it('several reports of one tuning are one block, which has no interval', () => {
    const once = made(expected)
      .filter(({ seed }) => seed === 4)
      .map((r) => {
        const reports = r.values['reports'] as Json[] | undefined;
        return reports === undefined ? r : { ...r, values: { ...r.values, reports: [...reports, ...reports] } };
      });
    expect(verdictOf('F3', once)).toMatchObject({ verdict: 'inconclusive', n: 1 });
    expect(verdictOf('F3', once).why).toContain('one block has no interval');
  });

  it.each([
    ['F1', swapped('two-class', { localSgd: 1.9 })],
    ['F2', swapped('dirichlet', { scaffold: 4.1 })],
    ['F3', swapped('dirichlet', { scaffold: 9.1 })],
    ['F4', swapped('iid', { scaffold: 3.1 })],
    ['F5', swapped('two-class', { localSgd: 2.9 })],
    ['F6', swapped('iid', { scaffold: 2.21 })],
    ['F6', swapped('iid', { scaffold: 1.81 })],
  ] as const)('%s is refuted by one partition that breaks it', (id, finals) => {
    expect(verdictOf(id, made(finals)).verdict).toBe('refuted');
  });

  it('a prediction counts when it names the best method, or leaves it among its candidates', () => {
    // Best: LocalSGD and SCAFFOLD, which are level, on IID clients; SCAFFOLD on the others.
    expect(verdictOf('F8', made(expected))).toMatchObject({ verdict: 'supported', measured: 6, n: 6 });
    const local = verdictOf('F8', made(expected, 'localSgd'));
    expect(local).toMatchObject({ verdict: 'refuted', measured: 2 });
    expect(local.why).toContain('two classes a client, λ = 0: predicted localSgd, best scaffold');
    expect(verdictOf('F8', made(expected, 'minibatchSgd'))).toMatchObject({ verdict: 'refuted', measured: 0 });
    expect(verdictOf('F8', made(expected, 'not decided', ['minibatchSgd', 'scaffold'])).verdict).toBe('supported');
    // Level means within 10 %.
    expect(verdictOf('F8', made(swapped('dirichlet', { minibatchSgd: 2.7 }), 'minibatchSgd')).measured).toBe(2);
    expect(verdictOf('F8', made(swapped('dirichlet', { minibatchSgd: 2.8 }), 'minibatchSgd')).measured).toBe(0);
  });

  it('test accuracy is compared with each method on each partition', () => {
    expect(verdictOf('F7', made(swapped('iid', { scaffold: 1 })))).toMatchObject({
      verdict: 'supported',
      unit: 'accuracy',
    });
    // Level with LocalSGD on IID clients: the interval holds 0.
    expect(verdictOf('F7', made(expected)).verdict).toBe('inconclusive');
    const behind = verdictOf('F7', made(swapped('iid', { scaffold: 2.5 })));
    expect(behind.verdict).toBe('refuted');
    expect(behind.measured).toBeCloseTo(-0.005, 4);
  });

  it('draws each method along the rounds with the band of its seeds, one panel a partition', () => {
    const figure = fashion.find((claim) => claim.id === 'local.F1')!.figure!(made(expected), 'standard')!;
    expect(figure.rows).toHaveLength(3 * 3 * CHECKPOINTS.length);
    const last = figure.rows.find(
      (row) => row.x === 50 && row.facet === 'two classes a client' && row.series === 'SCAFFOLD',
    )!;
    expect((last.y as number) / 120 ** (1 / 5)).toBeCloseTo(1, 3);
    expect(last.low).toBeCloseTo(1, 2);
    expect(last.high).toBeCloseTo(5, 2);
  });

  it('draws the pairs of a comparison one by one', () => {
    const figure = fashion.find((claim) => claim.id === 'local.F4')!.figure!(made(expected), 'standard')!;
    expect(figure.rows).toHaveLength(3 * 2 * 5);
    for (const { x, y } of figure.rows)
      expect(y).toBeCloseTo({ IID: 2 / 3 }[x as string] ?? (x === 'Dirichlet(0.1)' ? 2.5 / 3 : 1 / 3), 2);
    const accuracy = fashion.find((claim) => claim.id === 'local.F7')!.figure!(made(expected), 'standard')!;
    expect(accuracy.rows.find(({ x }) => x === 'LocalSGD, two classes a client')!.y).toBeCloseTo(0.05, 3);
  });

  it('leaves out and counts what was tuned to an edge, and judges nothing where no λ is left', () => {
    // MbSGD at 1 breaks F4 through the λ that is left.
    const finals = swapped('iid', { minibatchSgd: 1 });
    const one = made(finals, 'scaffold', ['scaffold'], { 'iid, minibatchSgd, 0': 'high' });
    expect(verdictOf('F4', one)).toMatchObject({ verdict: 'refuted', n: 5, excluded: 5 });
    const single = { 'iid, minibatchSgd, 0, 6': 'high', 'iid, minibatchSgd, 0.001, 6': 'high' };
    expect(verdictOf('F4', made(finals, 'scaffold', ['scaffold'], single))).toMatchObject({ n: 4, excluded: 2 });
    const both = { 'iid, minibatchSgd, 0': 'high', 'iid, minibatchSgd, 0.001': 'low' };
    expect(verdictOf('F4', made(finals, 'scaffold', ['scaffold'], both))).toMatchObject({
      verdict: 'inconclusive',
      why: "'IID': every tuned step size lies on the edge of the grid",
    });
  });

  it('refuses sides with different seeds', () => {
    const lost = made(expected).filter(({ id }) => id !== JSON.stringify(['fashion', { partition: 'iid', lambda: 0.001, method: 'localSgd', reports: 1 }, 12])); // prettier-ignore
    expect(() => verdictOf('F6', lost)).toThrow("'IID', λ = 0.001 must have the same seeds on both sides");
    const records = made(expected).filter(({ config }) => (config as { lambda?: number }).lambda !== 0);
    expect(() => verdictOf('F1', records)).toThrow(
      "evidence: 'two classes a client', λ = 0 must have the same seeds on both sides, at least one.",
    );
  });
});
