import { allocate, bytesInUse, logLogSlope, stream } from '@assay-ml/numerics';
import { describe, expect, it } from 'vitest';

import {
  type Averaging, AUTHORS, constraintsOf, expectedLoss, fitOrder, isDag, linearSem, moments, oracleRadius, orderLoss, placesOf, PsiDag, psiDag,
  projectOrder, ridgeRadius, rowSource, simulateDag, unconstrained, UniversalSgd, type PsiDagOptions, type StageEnd,
} from '../src/index.js'; // prettier-ignore

const inner = (a: number[], b: number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);
const norm = (a: number[]) => Math.sqrt(inner(a, a));

/** §3.4 as it stands, vectors as lists. `gradient` is called in the order in which batches are drawn. */
function textbookSgd(gradient: (x: number[]) => number[], size: number, D: number, steps: number) {
  let x = new Array<number>(size).fill(0);
  const x0 = x.slice();
  let xav = x.slice();
  let g = gradient(x);
  const h = D / norm(g);
  const p1 = x.map((value, k) => value - h * g[k]!);
  const g2 = gradient(p1);
  const r = norm(g.map((value) => h * value));
  let H = inner(p1.map((v, k) => v - x0[k]!), g2.map((v, k) => v - g[k]!)) / (D * D + (r * r) / 2); // prettier-ignore
  const curvatures = [H];
  for (let k = 1; k < steps; k++) {
    let q = x.map((value, i) => value - g[i]! / H);
    const length = norm(g) / H;
    const away = norm(q.map((value, i) => value - x0[i]!));
    if (away > D) q = q.map((value, i) => x0[i]! + (D * (value - x0[i]!)) / away);
    const next = gradient(q);
    const beta = inner(q.map((v, i) => v - x[i]!), next.map((v, i) => v - g[i]!)); // prettier-ignore
    H += Math.max((beta - (length * length * H) / 2) / (D * D + (length * length) / 2), 0);
    curvatures.push(H);
    x = q;
    g = next;
    xav = xav.map((value, i) => (k * value + x[i]!) / (k + 1));
  }
  return { xav, x, curvatures };
}

/** One step on a gradient, in parts of `part` numbers. */
function once(optimizer: UniversalSgd, gradient: (x: number[]) => number[], part = optimizer.size) {
  const { size } = optimizer;
  for (let from = 0; from < size; from += part) optimizer.advance(from, Math.min(size, from + part));
  const g = gradient([...optimizer.point()]);
  for (let from = 0; from < size; from += part) {
    optimizer.gradient().set(g.slice(from, from + part));
    optimizer.accept(from, Math.min(size, from + part));
  }
  optimizer.step();
}

/** Runs the optimiser on a gradient; with `steps` steps as the textbook counts them. */
function run(optimizer: UniversalSgd, gradient: (x: number[]) => number[], steps: number, each?: (k: number) => void) {
  for (let k = 0; k <= steps; k++) {
    once(optimizer, gradient);
    if (k > 0) each?.(k);
  }
}

/** What the optimiser hands out. */
const average = ({ average: { sum, factor } }: UniversalSgd) => [...sum].map((value) => factor * value);

describe('UniversalSgd', () => {
  const noisy = (sigma: number, seed: number) => {
    const key = stream(seed, 'gradient noise');
    return (x: number[]) => x.map((value, i) => (i + 1) * (value - 1) + sigma * key.normal());
  };

  it.each([
    ['far inside the ball', 10],
    ['on its border', 1.5],
  ])('is the algorithm as written, step by step: %s', (_, D) => {
    for (const steps of [1, 2, 3, 10, 60]) {
      const slow = textbookSgd(noisy(0.5, 1), 6, D, steps);
      const optimizer = new UniversalSgd(6, D);
      const curvatures: number[] = [];
      run(optimizer, noisy(0.5, 1), steps, () => curvatures.push(optimizer.curvature));
      average(optimizer).forEach((value, i) => expect(value).toBeCloseTo(slow.xav[i]!, 10));
      curvatures.forEach((value, k) => expect(value).toBeCloseTo(slow.curvatures[k]!, 9));
      expect(optimizer.steps).toBe(steps);
      optimizer.free();
    }
  });

  it('takes gradients part by part, and float32, to the same end', () => {
    const ends = ([{}, { part: 4 }, { precision: 'float32', part: 4 }] as const).map((options) => {
      const optimizer = new UniversalSgd(6, 1.5, options);
      const noise = noisy(0.5, 1);
      for (let k = 0; k <= 40; k++) once(optimizer, noise, 'part' in options ? options.part : 6);
      const end = average(optimizer);
      optimizer.free();
      return end;
    });
    ends[0]!.forEach((value, i) => {
      expect(ends[1]![i]).toBeCloseTo(value, 14);
      expect(ends[2]![i]).not.toBe(value);
      expect(ends[2]![i]).toBeCloseTo(value, 5);
    });
  });

  it('never lowers H, and stays in the ball (T7)', () => {
    const optimizer = new UniversalSgd(6, 1);
    let last = 0;
    run(optimizer, noisy(2, 3), 500, () => {
      expect(optimizer.curvature).toBeGreaterThanOrEqual(last);
      last = optimizer.curvature;
      expect(norm([...optimizer.point()])).toBeLessThanOrEqual(1 + 1e-12);
    });
    optimizer.free();
  });

  // Bounds for convex functions. This one is strongly convex, so that the mean does better: near k⁻² and k⁻¹.
  it.each([
    [0, -0.7],
    [5, -0.35],
  ])('noise %d: f(xav) − f* falls at least like k^%d (T7)', (sigma, bound) => {
    const ks: number[] = [];
    const gaps: number[] = [];
    const seeds = sigma === 0 ? 1 : 20;
    for (let seed = 0; seed < seeds; seed++) {
      const optimizer = new UniversalSgd(10, 5);
      run(optimizer, noisy(sigma, seed), 10_000, (k) => {
        const at = [100, 200, 400, 800, 1600, 3200, 6400, 10_000].indexOf(k);
        if (at < 0) return;
        ks[at] = k;
        const gap = average(optimizer).reduce((sum, value, i) => sum + ((i + 1) * (value - 1) ** 2) / 2, 0);
        gaps[at] = (gaps[at] ?? 0) + gap / seeds;
      });
      optimizer.free();
    }
    const { value } = logLogSlope(ks, gaps);
    expect(value).toBeLessThan(bound);
  });

  it('averages since the last restart, or not at all, by name', () => {
    const stage = new UniversalSgd(2, 10, { averaging: 'stage' });
    const none = new UniversalSgd(2, 10, { averaging: 'none' });
    run(stage, noisy(1, 1), 20);
    run(none, noisy(1, 1), 20);
    const slow = textbookSgd(noisy(1, 1), 2, 10, 20);
    average(none).forEach((value, i) => expect(value).toBeCloseTo(slow.x[i]!, 10));
    average(stage).forEach((value, i) => expect(value).toBeCloseTo(slow.xav[i]!, 10));
    stage.restart();
    once(stage, () => [1, 1]);
    expect(average(stage)).toEqual([...stage.point()]);
    stage.free();
    none.free();
  });

  it('forgets what a projection takes away', () => {
    const optimizer = new UniversalSgd(3, 10);
    run(optimizer, noisy(1, 1), 20);
    optimizer.project(Uint8Array.of(1, 0, 1));
    expect(optimizer.point()[1]).toBe(0);
    expect(average(optimizer)[1]).toBe(0);
    // As if there were two coordinates alone: the next steps leave the third at 0 while its gradient is.
    for (let k = 0; k < 5; k++) {
      once(optimizer, (x) => [x[0]! - 1, 0, 3 * (x[2]! - 1)]);
      expect(optimizer.point()[1]).toBe(0);
    }
    optimizer.free();
  });

  it.each([
    [{ radius: 0 }, "'radius' is 0; must be a finite number > 0. Give a bound of the distance to the solution."],
    [{ size: 0 }, "'size' is 0; must be an integer of at least 1. Count the numbers of a point."],
    [{ part: 3 }, "'part' is 3; must be size = 6, or a multiple of 4. Parts begin where a vector does."],
    [{ averaging: 'all' }, "'averaging' is 'all'; must be 'running' or 'stage' or 'none'. Choose one of them."],
    [{ precision: 'half' }, "'precision' is 'half'; must be 'float64' or 'float32'. Choose one of them."],
  ])('refuses %o', (options, message) => {
    const { size, radius, ...rest } = { size: 6, radius: 1, ...options };
    expect(() => new UniversalSgd(size, radius, rest as object)).toThrow(new RangeError(`UniversalSgd: ${message}`));
  });

  it('tries anew where a projection comes before the trial, and waits for a gradient', () => {
    const optimizer = new UniversalSgd(2, 1);
    once(optimizer, () => [3, 4]);
    optimizer.project(Uint8Array.of(1, 0));
    optimizer.advance(0, 2);
    expect([...optimizer.point()]).toEqual([-1, 0]); // of length D along what is left
    optimizer.project(Uint8Array.of(0, 0));
    once(optimizer, () => [0, 5]);
    optimizer.advance(0, 2);
    expect([...optimizer.point()]).toEqual([0, -1]);
    optimizer.free();
  });
});

describe('psiDag', () => {
  const d = 8;
  const B = simulateDag({ d, degree: 3, seed: 4 });
  const sem = linearSem(B, d);

  const known = {
    tiers: [
      [1, 2],
      [3, 4],
    ],
    required: [[0, 5]],
    forbidden: [[6, 7]],
  } as const;
  it.each([
    // Several panels of strips, their ends neither at a row nor at a column of the last.
    ...[8, 93].flatMap((d) => [
      { name: 'everything of the authors', d, b: 4, options: AUTHORS, precise: 5e-10 },
      { name: 'all of ours', d, b: 7, options: {}, precise: 5e-10 },
      { name: 'knowledge', d, b: 5, options: { constraints: constraintsOf(known, d) }, precise: 5e-10 },
      { name: 'knowledge and stale entries', d, b: 5, options: { ...AUTHORS, constraints: constraintsOf(known, d) }, precise: 5e-10 }, // prettier-ignore
      { name: 'the mean of the stage', d, b: 6, options: { averaging: 'stage' as const }, precise: 5e-10 },
      { name: 'no mean', d, b: 6, options: { averaging: 'none' as const }, precise: 5e-10 },
      { name: 'float32', d, b: 64, options: { precision: 'float32' as const }, precise: 5e-5 },
    ]),
    // Sums in blocks of 256.
    { name: 'all of ours', d: 300, b: 4, options: {}, precise: 5e-10 },
  ])('is the loop as written, step by step, with $name: d = $d', ({ d, b, options, precise }) => {
    // §3.2 as it stands, on the textbook optimiser: W is masked where it is read.
    const { constraints, projectState = true, averaging = 'running', centre = true }: PsiDagOptions = options;
    const may = (at: number) => constraints?.allowed[at] !== 0;
    const [epochs, tau, D] = [3, 7, 3];
    const sem = linearSem(simulateDag({ d, degree: 3, seed: 4 }), d, { noise: 'exponential', centred: false });
    const source = sem.source(1);
    const rows = new Float64Array(b * d);
    const total = new Float64Array(d);
    let batches = 0;
    const free = Array.from({ length: d * d }, (_, at) => Number(at % (d + 1) !== 0 && may(at)));
    let mask = free;
    const gradient = (x: number[]): number[] => {
      source.next(rows);
      const seen = ++batches * b;
      for (let j = 0; j < d && centre; j++) {
        for (let r = 0; r < b; r++) total[j]! += rows[r * d + j]!;
        for (let r = 0; r < b; r++) rows[r * d + j]! -= total[j]! / seen;
      }
      const W = x.map((value, at) => value * mask[at]!);
      const G = new Array<number>(d * d).fill(0);
      for (let r = 0; r < b; r++) {
        const row = rows.subarray(r * d, (r + 1) * d);
        for (let j = 0; j < d; j++) {
          let left = row[j]!;
          for (let i = 0; i < d; i++) left -= row[i]! * W[i * d + j]!;
          for (let i = 0; i < d; i++) G[i * d + j]! -= (row[i]! * left * mask[i * d + j]!) / b;
        }
      }
      return G;
    };
    const expected: { W: number[]; order: number[] }[] = [];
    let order = new Uint32Array(d);
    const snapshots: StageEnd[] = [];
    const model = new PsiDag(d, {
      ...options, epochs, batches: [tau, tau], batchSize: b, radius: D,
      onStage: (stage) => snapshots.push({ ...stage, W: stage.W.slice() }),
    }); // prettier-ignore
    const again = sem.source(1);
    const batch = new Float64Array(b * d);
    while (!model.done) {
      again.next(batch);
      model.partialFit(batch);
    }
    model.free();
    const gradients = textbookStages(gradient, d * d, D, epochs * 2, tau, averaging, (stage, xav) => {
      if (stage % 2 === 0) {
        order = projectOrder(
          Float64Array.from(xav.map((v, at) => v * mask[at]!)),
          d,
          constraints?.precedence,
        ) as typeof order;
        const place = placesOf(order);
        mask = mask.map((_, at) => Number(place[Math.floor(at / d)]! < place[at % d]! && may(at)));
      }
      const projected = mask;
      expected.push({ W: xav.map((v, at) => v * projected[at]!), order: [...order] });
      if (stage % 2 === 1) mask = free;
      return projectState ? projected : projected.map(() => 1);
    });
    expect(gradients).toBe(epochs * 2 * tau + 1);
    expect(snapshots).toHaveLength(epochs * 2);
    snapshots.forEach(({ W, order: found }, k) => {
      expect([...found]).toEqual(expected[k]!.order);
      expect(Math.max(...W.map((value, at) => Math.abs(value - expected[k]!.W[at]!)))).toBeLessThan(precise);
    });
  });

  it('returns a DAG of its order, whatever the options, and calls back at each stage', () => {
    for (const options of [{}, AUTHORS, { averaging: 'stage' }, { averaging: 'none' }] as const) {
      const seen: string[] = [];
      const { W, order, gradients } = psiDag(sem.source(), {
        ...options, epochs: 2, batches: [20, 10], batchSize: 8,
        onStage: ({ epoch, stage, W: at }) => {
          expect(isDag(at, d)).toBe(true);
          seen.push(`${epoch} ${stage}`);
        },
      }); // prettier-ignore
      expect(seen).toEqual(['0 projected', '0 fitted', '1 projected', '1 fitted']);
      expect(gradients).toBe(61);
      const place = placesOf(order);
      W.forEach((value, at) => value !== 0 && expect(place[Math.floor(at / d)]!).toBeLessThan(place[at % d]!));
    }
  });

  it('gets near the optimum, nearer with its state projected, and OLS on its order is nearer still', () => {
    const gap = (W: Float64Array) => expectedLoss(W, sem.covariance, d) - sem.optimum;
    const options = { epochs: 3, batches: [500, 500] as const, radius: oracleRadius(B) };
    const ours = psiDag(sem.source(), options);
    const theirs = psiDag(sem.source(), { ...options, ...AUTHORS });
    expect(gap(ours.W)).toBeLessThan(0.1 * sem.optimum);
    expect(gap(ours.W)).toBeLessThan(gap(theirs.W));
    expect(orderLoss(sem.covariance, d, ours.order) - sem.optimum).toBeLessThan(gap(ours.W));
  });

  it('finds the same order in every epoch once stage 1 is exact (T6), and stage 3 exact is least squares', () => {
    const orders: string[] = [];
    const { W, order } = psiDag(sem.source(), {
      epochs: 3, batches: [5, 5], stage1: 'exact', stage3: 'exact', covariance: sem.covariance,
      onStage: (stage) => orders.push(stage.order.join()),
    }); // prettier-ignore
    expect(new Set(orders).size).toBe(1);
    expect([...order]).toEqual([...projectOrder(unconstrained(sem.covariance, d), d)]);
    expect(W).toEqual(fitOrder(sem.covariance, d, order).W);
  });

  it('takes the mean off, before the radius too: uncentred rows give the same matrix within noise, and the authors’ do not', () => {
    const shifted = linearSem(B, d, { noise: 'exponential', centred: false, seed: 1 });
    const truth = linearSem(B, d, { noise: 'exponential', seed: 1 });
    const options = { epochs: 2, batches: [500, 500] as const, radius: 4 };
    const gap = (W: Float64Array) => expectedLoss(W, truth.covariance, d) - truth.optimum;
    const radius = (sem: typeof truth) => psiDag(sem.source(), { epochs: 1, batches: [1, 1] }).radius;
    expect(radius(shifted)).toBeCloseTo(radius(truth), 9);
    const ours = gap(psiDag(shifted.source(), options).W);
    expect(ours).toBeLessThan(1.25 * gap(psiDag(truth.source(), options).W));
    expect(gap(psiDag(shifted.source(), { ...options, centre: false }).W)).toBeGreaterThan(2 * ours);
  });

  it('keeps to tiers, required order and forbidden edges', () => {
    const constraints = constraintsOf({ tiers: [[7, 6], [0, 1]], forbidden: [[6, 0]], required: [[5, 4]] }, d); // prettier-ignore
    const { W, order } = psiDag(sem.source(), { epochs: 2, batches: [50, 50], constraints });
    const place = placesOf(order);
    for (const early of [6, 7]) for (const late of [0, 1]) expect(place[early]!).toBeLessThan(place[late]!);
    expect(place[5]!).toBeLessThan(place[4]!);
    expect(W[6 * d + 0]).toBe(0);
    expect(W[7 * d + 0]).not.toBe(0);
  });

  it('an automatic radius is of the size of the oracle’s', () => {
    for (const size of [10, 50]) {
      const truth = simulateDag({ d: size, degree: 4, seed: 1 });
      const X = linearSem(truth, size).sample(64);
      const ratio = ridgeRadius(X, 64, size) / oracleRadius(truth);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(2);
    }
    expect(ridgeRadius(new Float64Array(4), 2, 2)).toBe(1);
    // By its definition, on the same rows.
    const X = sem.sample(16);
    const S = moments(X, 16, d, { centre: false }).covariance;
    const lambda = S.reduce((sum, value, at) => sum + (at % (d + 1) === 0 ? value / d : 0), 0);
    for (let j = 0; j < d; j++) S[j * (d + 1)]! += lambda;
    expect(ridgeRadius(X, 16, d)).toBeCloseTo(2 * norm([...unconstrained(S, d)]), 9);
  });

  it('draws rows of a table evenly and by its seed', () => {
    const X = Float64Array.from({ length: 20 }, (_, at) => at);
    const draw = (seed: number) => {
      const out = new Float64Array(4000);
      rowSource(X, 10, 2, { seed }).next(out);
      return out;
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    const counts = new Array<number>(10).fill(0);
    draw(1).forEach((value, at) => {
      if (at % 2 === 0) counts[value / 2]!++;
      else expect(value % 2).toBe(1);
    });
    for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(70);
  });

  it.each([
    [{ radius: -1 }, "psiDag: 'radius' is -1; must be a finite number > 0. Leave it out for 'auto'."],
    [{ batches: [0, 1] }, "psiDag: 'batches[0]' is 0; must be an integer of at least 1. Give each stage a step."],
    [{ batchSize: 1.5 }, "psiDag: 'batchSize' is 1.5; must be an integer of at least 1. Leave it out for 64."],
    [{ epochs: 0 }, "psiDag: 'epochs' is 0; must be an integer of at least 1. Leave it out for 10."],
    [
      { averaging: 'some' },
      "psiDag: 'averaging' is 'some'; must be 'running' or 'stage' or 'none'. Choose one of them.",
    ],
    [{ precision: 'half' }, "psiDag: 'precision' is 'half'; must be 'float64' or 'float32'. Choose one of them."],
    [
      { stage1: 'exact' },
      "psiDag: 'covariance' is undefined; must be given for an exact stage. Pass that of moments().",
    ],
  ])('refuses %o', (options, message) => {
    expect(() => new PsiDag(2, options as never)).toThrow(new RangeError(message));
  });

  it.each(['float64', 'float32'] as const)('%s: neither scale nor growing memory changes a matrix', (precision) => {
    const grown: { free(): void }[] = [];
    const learn = (scale: number, grow: boolean) => {
      const source = sem.source(1);
      const next = (out: Float64Array) => {
        source.next(out);
        for (let at = 0; at < out.length; at++) out[at]! *= scale;
      };
      return psiDag({ d, next }, {
        precision, epochs: 2, batches: [20, 20],
        onStage: () => { if (grow) grown.push(allocate(bytesInUse() / 2)); },
      }).W; // prettier-ignore
    };
    const plain = learn(1, false);
    for (const [scale, grow] of [[2 ** 40, false], [2 ** -50, false], [2 ** -500, false], [1, true]] as const) expect(learn(scale, grow)).toEqual(plain); // prettier-ignore
    for (const block of grown) block.free();
    // No power of two: to rounding.
    learn(1e9, false).forEach((value, at) => expect(value).toBeCloseTo(plain[at]!, precision === 'float64' ? 9 : 4));
  });

  it.each(['running', 'stage', 'none'] as const)('stands between stages where the last one ended: %s', (averaging) => {
    const model = new PsiDag(d, { averaging, batches: [3, 3], batchSize: 4, radius: 3 });
    const source = sem.source();
    const rows = new Float64Array(4 * d);
    for (let k = 0; k < 4; k++) {
      source.next(rows);
      model.partialFit(rows);
    }
    expect(Math.max(...model.result().W)).toBeGreaterThan(0.1);
    model.free();
  });

  it('computes in float32 above d = 5000, and gives its memory back', () => {
    const before = bytesInUse();
    const model = new PsiDag(5001, { batchSize: 2, batches: [1, 1], radius: 1 });
    const rows = stream(1, 'rows').fillNormal(new Float64Array(2 * 5001));
    model.partialFit(rows);
    // Three matrices and the smaller things.
    expect((bytesInUse() - before) / 5001 ** 2).toBeLessThan(12.2);
    model.free();
    expect(bytesInUse()).toBe(before);
  });

  it.each(['float64', 'float32'] as const)(
    '%s: refuses what has no radius, no square, or too large a size, and goes on',
    (precision) => {
      for (const constant of [0, 7, 0.1, 98.6]) {
        const model = new PsiDag(2, { batchSize: 2, precision });
        expect(() => model.partialFit(new Float64Array(4).fill(constant))).toThrow(
          "psiDag: 'radius' is 'auto' on a first batch that is constant; must be a number there. Set a radius, centre: false or a larger batchSize.",
        );
        expect(() => model.partialFit(Float64Array.of(1e200, 2, 3, 4))).toThrow(
          "PsiDag.partialFit: 'rows' is too large to square; must be finite when squared. Scale the variables.",
        );
        model.free();
      }
      const apart = new PsiDag(2, { batchSize: 2, precision, radius: 1 });
      const plain = new PsiDag(2, { batchSize: 2, precision, radius: 1 });
      const draw = stream(5, 'rows');
      for (let k = 0; k < 10; k++) {
        const rows = draw.fillNormal(new Float64Array(4));
        apart.partialFit(rows);
        plain.partialFit(rows);
        const huge = precision === 'float32' ? 1e20 : 1e90;
        expect(() => apart.partialFit(Float64Array.of(huge, 2, 3, huge))).toThrow(
          `PsiDag.partialFit: 'rows' is of a size that ${precision} does not hold beside the first batch and the radius 1; must be of comparable sizes. Scale the variables, or set another radius.`,
        );
      }
      // Nothing of what was refused stayed.
      expect(apart.result()).toEqual(plain.result());
      apart.free();
      plain.free();
      for (const radius of [1e160, 1e-160]) {
        const wild = new PsiDag(2, { batchSize: 2, precision, radius });
        expect(() => wild.partialFit(Float64Array.of(1, 2, 3, 5))).toThrow(
          `does not hold beside the first batch and the radius ${radius}`,
        );
        wild.free();
      }
      // A rare event after a constant beginning is no error where the radius is given.
      const rare = new PsiDag(2, { batchSize: 2, precision, radius: 1 });
      rare.partialFit(new Float64Array(4).fill(0.1));
      for (let k = 0; k < 5; k++) rare.partialFit(Float64Array.of(0.1, 1, 0.1, 0.1));
      expect(rare.result().W.every(Number.isFinite)).toBe(true);
      rare.free();
    },
  );

  it('refuses constraints of other variables', () => {
    for (const size of [2, 4]) {
      expect(() => new PsiDag(3, { constraints: constraintsOf({}, size) })).toThrow(
        `psiDag: 'constraints' is of ${size} variables; must be of d = 3. Pass constraintsOf(knowledge, d).`,
      );
    }
  });

  it('refuses rows that are none', () => {
    const model = new PsiDag(2, { batchSize: 2 });
    expect(() => model.partialFit(new Float64Array(3))).toThrow(
      "PsiDag.partialFit: 'rows' is of length 3; must be batchSize · d = 4 numbers. Pass whole batches.",
    );
    expect(() => model.partialFit(Float64Array.of(1, 2, 3, NaN))).toThrow(
      "PsiDag.partialFit: 'rows[1, 1]' is NaN; must be finite. Leave such rows out.",
    );
    model.free();
  });
});

/**
 * The textbook optimiser over stages of `tau` steps; `end` sees the mean at the end of each, and says what stays of the state, 1, and
 * what goes, 0. Returns the gradients taken.
 */
function textbookStages(
  gradient: (x: number[]) => number[],
  size: number,
  D: number,
  stages: number,
  tau: number,
  averaging: Averaging,
  end: (stage: number, xav: number[]) => number[],
): number {
  let x = new Array<number>(size).fill(0);
  let xav = x.slice();
  let g = gradient(x);
  const h = D / norm(g);
  const g2 = gradient(x.map((value, k) => value - h * g[k]!));
  let H = inner(g.map((v) => -h * v), g2.map((v, k) => v - g[k]!)) / (1.5 * D * D); // prettier-ignore
  let [taken, k] = [2, 1];
  for (let stage = 0; stage < stages; stage++) {
    if (averaging === 'stage' && stage > 0) k = 0;
    for (let step = stage === 0 ? 1 : 0; step < tau; step++) {
      let q = x.map((value, i) => value - g[i]! / H);
      const r = norm(g) / H;
      const away = norm(q);
      if (away > D) q = q.map((value) => (D * value) / away);
      const next = gradient(q);
      taken++;
      const beta = inner(q.map((v, i) => v - x[i]!), next.map((v, i) => v - g[i]!)); // prettier-ignore
      H += Math.max((beta - (r * r * H) / 2) / (D * D + (r * r) / 2), 0);
      [x, g] = [q, next];
      xav = xav.map((value, i) => (k * value + x[i]!) / (k + 1));
      k++;
    }
    const keep = end(stage, averaging === 'none' ? x : xav);
    [x, g, xav] = [x, g, xav].map((vector) => vector.map((value, i) => value * keep[i]!)) as [
      number[],
      number[],
      number[],
    ];
  }
  return taken;
}
