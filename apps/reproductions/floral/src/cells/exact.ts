/** C8, C10 and T8 to T11: what is exact, on made-up numbers in float64. */
import type { Json } from '@assay-ml/claims';
import { addUpdate, averagesOf, clientUpdate, emptyMixture, emptySums, fedAvg, type FactorBlock, floralMethod, type Layer, layoutOf, lossOf, merge, mix, mlp, optimal, precondition, type Problem, type RankRule, routerGradient, routerOf, softmax, startClient, startShared, train, trainingOf, type Update } from '@assay-ml/floral'; // prettier-ignore
import { scalar, stream } from '@assay-ml/numerics';

export type ExactConfig = { readonly clusters: number };

const MNIST: readonly Layer[] = [
  { kind: 'dense', name: 'fc1', inputs: 784, outputs: 200 },
  { kind: 'dense', name: 'fc2', inputs: 200, outputs: 10 },
];
const CIFAR: readonly Layer[] = [
  { kind: 'conv', name: 'conv1', kernel: [5, 5], inputs: 3, outputs: 32 },
  { kind: 'conv', name: 'conv2', kernel: [3, 3], inputs: 32, outputs: 64 },
  { kind: 'dense', name: 'fc1', inputs: 1024, outputs: 64 },
  { kind: 'dense', name: 'fc2', inputs: 64, outputs: 10 },
];

export function run({ clusters: C }: ExactConfig, seed: number): Record<string, Json> {
  const normal = (name: string, length: number) => stream(seed, 'exact', name).fillNormal(new Float64Array(length));
  return {
    sizes: sizes(),
    aggregation: aggregation(normal),
    T8: routerIdentities(C, normal),
    T9: jensen(C, normal),
    T10: preconditioned(normal),
    T11: fedAvgIdentities(C, seed, normal),
  };
}

type Normal = (name: string, length: number) => Float64Array;

/** Numbers of one adaptor by layer, and the share of each kernel that its factors are. */
function sizes(): Json {
  const of = (layers: readonly Layer[], rank: number, rankRule: RankRule) => {
    const { adaptors } = layoutOf(layers, { clusters: 4, rank, rankRule });
    return layers.map(
      (_, l) =>
      adaptors.filter(({ target }) => target.layer === l).reduce((sum, b) => sum + (b.kind === 'factors' ? b.v.length + b.u.length : b.part.length), 0), // prettier-ignore
    );
  };
  const over = (layers: readonly Layer[], rank: number, rankRule: RankRule) =>
    layoutOf(layers, { clusters: 4, rank, rankRule }).adaptors.flatMap((b) =>
      b.kind === 'factors' && b.rank > 1 ? [(b.v.length + b.u.length) / b.target.size / rank] : [],
    );
  return {
    mnist: { '0.01': of(MNIST, 0.01, 'official'), '0.1': of(MNIST, 0.1, 'official') },
    cifar: { '0.01': of(CIFAR, 0.01, 'official'), '0.1': of(CIFAR, 0.1, 'official') },
    /** Largest share of the budget that a rank above 1 takes. */
    over: Math.max(...(['paper', 'official'] as const).flatMap((rule) => [...over(MNIST, 0.1, rule), ...over(CIFAR, 0.1, rule)])), // prettier-ignore
  };
}

/** The specification's two clients, one-hot routers, and what an update is made of. */
function aggregation(normal: Normal): Json {
  const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: 4, outputs: 3 }], { clusters: 2, rank: 1 });
  const shared = { base: normal('base', layout.baseSize), adaptors: normal('adaptors', layout.adaptorSize) };
  const update = (client: number, examples: number, pi: Float64Array): Update => ({ client, examples, pi, base: normal(`b${client}`, layout.baseSize), adaptors: normal(`a${client}`, layout.adaptorSize) }); // prettier-ignore
  const method = floralMethod(2);
  const averaged = (updates: readonly Update[]) => {
    const sums = emptySums(layout, method, shared);
    for (const one of updates) addUpdate(sums, layout, method, one);
    return averagesOf(sums, layout, method, shared).shared;
  };
  const part = ({ adaptors }: { adaptors: Float64Array }, c: number) => layout.parts.flatMap(({ start, length }) => [...adaptors.subarray(start + c * length, start + (c + 1) * length)]); // prettier-ignore
  const two = [update(0, 10, Float64Array.of(0.9, 0.1)), update(1, 30, Float64Array.of(0.2, 0.8))] as const;
  const mixed = averaged(two);
  const weighed = (p: number, q: number, c: number) => apart(part(mixed, c), part(two[0], c).map((x, i) => p * x + q * part(two[1], c)[i]!)); // prettier-ignore
  const hot = [0, 1, 2, 3].map((k) => update(k, 10 * (k + 1), softmax(optimal(k % 2, 2), new Float64Array(2))));
  const sorted = averaged(hot);
  const byCluster = [0, 1].map((c) => {
    const [a, b] = [hot[c]!, hot[c + 2]!];
    const total = a.examples + b.examples;
    return apart(
      part(sorted, c),
      part(a, c).map((x, i) => (a.examples * x + b.examples * part(b, c)[i]!) / total),
    );
  });
  const problem: Problem = { model: mlp([3, 4, 2], { clusters: 2, rank: 1 }), loss: 'cross-entropy' };
  const round = { problem, method, training: trainingOf({ rate: 0.1 }), router: routerOf({}, 2), seed: 0, round: 0 };
  const start = startShared(problem, method, 0);
  const sent = clientUpdate(round, 0, start, { x: normal('x', 12), y: [0, 1, 1, 0] }, startClient(round, start)).update;
  return {
    base: apart(
      mixed.base,
      two[0].base.map((x, i) => 0.25 * x + 0.75 * two[1].base[i]!),
    ),
    worked: Math.max(weighed(0.6, 0.4, 0), weighed(0.04, 0.96, 1)),
    oneHot: Math.max(...byCluster),
    sent: Object.keys(sent).sort(),
  };
}

/** T8: the softmax's Jacobian, the router's gradient, the exponential weights' problem, and their first order. */
function routerIdentities(C: number, normal: Normal): Json {
  const D = 5;
  const router = routerOf({ clamp: 0, noise: 0 }, C);
  const [theta, centre, models] = [normal('theta', C), normal('centre', D), normal('models', C * D)];
  const f = (w: Float64Array) => 0.5 * w.reduce((sum, x, j) => sum + (x - centre[j]!) ** 2, 0);
  const mean = (pi: Float64Array) => Float64Array.from({ length: D }, (_, j) => pi.reduce((sum, p, c) => sum + p * models[c * D + j]!, 0)); // prettier-ignore
  const value = (t: Float64Array) => f(mean(softmax(t, new Float64Array(C))));
  const mixture = mix(theta, router, null, emptyMixture(C));
  const point = mean(mixture.pi);
  const gradient = point.map((x, j) => x - centre[j]!);
  const along = (c: number, of: (j: number) => number) => gradient.reduce((sum, g, j) => sum + g * of(c * D + j), 0);
  const ofPi = Float64Array.from({ length: C }, (_, c) => along(c, (at) => models[at]!));
  const found = routerGradient(mixture, router, ofPi, new Float64Array(C));
  const formula = found.map((_, c) => mixture.pi[c]! * along(c, (at) => models[at]! - point[at % D]!));
  const differences = theta.map((_, c) => (value(theta.map((t, d) => t + (d === c ? 1e-6 : 0))) - value(theta.map((t, d) => t - (d === c ? 1e-6 : 0)))) / 2e-6); // prettier-ignore
  // exp(−η f_c) minimises Σ π_c f_c + (1/η) Σ π_c log π_c: its value is −(1/η) log Σ exp(−η f_c), and no other point is below.
  const eta = 1.7;
  const losses = Float64Array.from({ length: C }, (_, c) => f(models.slice(c * D, (c + 1) * D)));
  const objective = (pi: Float64Array) => pi.reduce((sum, p, c) => sum + p * losses[c]! + (p * scalar.log(p)) / eta, 0);
  const best = softmax(
    losses.map((l) => -eta * l),
    new Float64Array(C),
  );
  const least = Math.min(...Array.from({ length: 200 }, (_, n) => objective(softmax(normal(`point ${n}`, C), new Float64Array(C))) - objective(best))); // prettier-ignore
  // One step from uniform logits against exp(−η f(w_c)/C), models a distance h from their mean.
  const off = (h: number) => {
    const middle = mean(new Float64Array(C).fill(1 / C));
    const near = models.map((x, at) => middle[at % D]! + h * (x - middle[at % D]!));
    const g = middle.map((x, j) => x - centre[j]!);
    const step = Float64Array.from({ length: C }, (_, c) => (-eta / C) * g.reduce((sum, x, j) => sum + x * (near[c * D + j]! - middle[j]!), 0)); // prettier-ignore
    const weights = Float64Array.from({ length: C }, (_, c) => (-eta / C) * f(near.slice(c * D, (c + 1) * D)));
    const [a, b] = [step, weights].map((t) => softmax(t, new Float64Array(C))) as [Float64Array, Float64Array];
    return a.reduce((most, x, c) => Math.max(most, Math.abs(x - b[c]!)), 0);
  };
  return { gradient: apart(found, differences), formula: apart(found, formula), least, order: scalar.log2(off(1e-2) / off(5e-3)) }; // prettier-ignore
}

/** T9: how often the mixture's loss is above the mixture of losses, on a linear model with convex losses. */
function jensen(C: number, normal: Normal): Json {
  let most = -Infinity;
  for (let n = 0; n < 50; n++) {
    const kind = n % 2 === 0 ? 'squared' : 'cross-entropy';
    const model = mlp([4, 3], { clusters: C, rank: 1 });
    const weights = {
      base: normal(`base ${n}`, model.layout.baseSize),
      adaptors: normal(`adaptors ${n}`, model.layout.adaptorSize),
    };
    const rows = Uint32Array.of(0, 1, 2, 3, 4);
    const x = normal(`x ${n}`, 20);
    const y = kind === 'squared' ? normal(`y ${n}`, 15) : [0, 1, 2, 1, 0];
    const pi = softmax(normal(`pi ${n}`, C), new Float64Array(C));
    const at = (p: Float64Array) => lossOf(kind, model.forward(0, { ...weights, pi: p }, x, rows), y, rows, null);
    const alone = pi.reduce((sum, p, c) => sum + p * at(new Float64Array(C).map((_, d) => (d === c ? 1 : 0))), 0);
    most = Math.max(most, at(pi) - alone);
  }
  return { most };
}

/** T10: a step of the product against −η(P_U G + G P_V), and how factors are scaled. */
function preconditioned(normal: Normal): Json {
  const [n, m, r] = [7, 6, 2];
  const layout = layoutOf([{ kind: 'dense', name: 'd', inputs: n, outputs: m }], {
    clusters: 1,
    rank: r,
    adaptors: { bias: false },
  });
  const { v, u } = layout.adaptors[0] as FactorBlock;
  const adaptors = normal('factors', layout.adaptorSize);
  // A gradient of the factors' own column and row spaces.
  const core = normal('core', r * r);
  const product = (a: Float64Array) => {
    const out = new Float64Array(n * m);
    for (let j = 0; j < r; j++) for (let i = 0; i < n; i++) for (let o = 0; o < m; o++) out[i * m + o]! += a[v.start + j * n + i]! * a[u.start + j * m + o]!; // prettier-ignore
    return out;
  };
  const G = new Float64Array(n * m);
  for (let a = 0; a < r; a++) for (let b = 0; b < r; b++) for (let i = 0; i < n; i++) for (let o = 0; o < m; o++) G[i * m + o]! += core[a * r + b]! * adaptors[v.start + a * n + i]! * adaptors[u.start + b * m + o]!; // prettier-ignore
  const moved = (eta: number, scale: number) => {
    const a = adaptors.slice();
    for (let i = 0; i < v.length; i++) a[v.start + i]! /= scale;
    for (let i = 0; i < u.length; i++) a[u.start + i]! *= scale;
    const g = new Float64Array(layout.adaptorSize);
    for (let j = 0; j < r; j++) for (let i = 0; i < n; i++) for (let o = 0; o < m; o++) {
      g[v.start + j * n + i]! += G[i * m + o]! * a[u.start + j * m + o]!;
      g[u.start + j * m + o]! += G[i * m + o]! * a[v.start + j * n + i]!;
    } // prettier-ignore
    precondition(layout, a, g, 1e-13);
    const after = product(a.map((x, i) => x - eta * g[i]!));
    const before = product(a);
    return after.map((x, i) => (x - before[i]!) / eta);
  };
  // Both projections leave G as it is: the product moves by −2ηG.
  const eta = 1e-6;
  return {
    moved: apart(
      moved(eta, 1),
      G.map((g) => -2 * g),
    ),
    scaled: apart(moved(1e-3, 10), moved(1e-3, 1)),
  };
}

/** T11: adaptors of zeros that stay are FedAvg; a merged base predicts what the mixture does. */
function fedAvgIdentities(C: number, seed: number, normal: Normal): Json {
  const clients = [0, 1, 2].map((k) => ({ x: normal(`client ${k}`, 24), y: [0, 1, 1, 0, 1, 0, 0, 1] }));
  const options = { rounds: 5, training: { rate: 0.3, adaptorRate: 0, batch: 4 }, seed, drawn: 'in' } as const;
  const of = (clusters: number): Problem => ({ model: mlp([3, 5, 2], { clusters, rank: 1 }), loss: 'cross-entropy' });
  const shared = [C, 0].map((clusters) => train(of(clusters), { clients }, { ...options, method: clusters > 0 ? floralMethod(C) : fedAvg() }).run.shared.base); // prettier-ignore
  const { model } = of(C);
  const mixed = { base: normal('m base', model.layout.baseSize), adaptors: normal('m adaptors', model.layout.adaptorSize), pi: softmax(normal('m pi', C), new Float64Array(C)) }; // prettier-ignore
  const rows = Uint32Array.of(0, 1, 2, 3);
  const factored = mlp([3, 5, 2], { clusters: C, rank: 1, form: 'factored' })
    .forward(0, mixed, clients[0]!.x, rows)
    .slice();
  const plain = of(0).model.forward(
    0,
    { base: merge(model.layout, mixed), adaptors: null, pi: null },
    clients[0]!.x,
    rows,
  );
  return { frozen: apart(shared[0]!, shared[1]!), merged: apart(plain, factored) };
}

/** Largest difference, relative to the largest number. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [most, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!));
    size = Math.max(size, Math.abs(b[i]!));
  }
  return most / size;
}
