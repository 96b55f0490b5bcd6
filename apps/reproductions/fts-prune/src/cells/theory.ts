/** T1-T10 (spec §4): each statement on the library's own functions, beside a computation that shares no code with them. */
import * as tf from '@tensorflow/tfjs-core';
import type { CellContext, Json } from '@assay-ml/claims';
import {
  type Criterion,
  crossEntropy,
  densities,
  fbss,
  fromNetwork,
  fts,
  gradientStatistics,
  hessianDiagonal,
  type IsPrunable,
  isKept,
  jaccard,
  type LayerScores,
  prune,
  score,
  type ScoreOptions,
  select,
} from '@assay-ml/fts-prune';
import { initialise, mlp, type Network, type Scheme } from '@assay-ml/networks';
import { scalar, stream } from '@assay-ml/numerics';
import { type BackendName, useBackend } from '@assay-ml/tensors';

/** Which statement a cell measures. */
export type Statement = keyof typeof STATEMENTS;

/** Configuration of a cell. */
export type TheoryConfig = { readonly statement: Statement };

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0);

/** ‖a − b‖ / ‖b‖. */
const distance = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.sqrt(sum(b.map((v, i) => (a[i]! - v) ** 2)) / sum(b.map((v) => v * v)));

/** Elementwise means of lists. */
const meanOf = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, i) => sum(rows.map((row) => row[i]!)) / rows.length);

/** A multilayer perceptron with its weights, for the library and as plain numbers. */
async function perceptron(shape: Parameters<typeof mlp>[0], seed: number, scheme: Scheme = 'pytorch') {
  const network = mlp(shape);
  const tensors = initialise(network, { seed, scheme });
  const weights = await Promise.all(tensors.parameters.map(async (tensor) => Array.from(await tensor.data())));
  return { model: fromNetwork(network, tensors), weights, dispose: () => tf.dispose(tensors) };
}

/** Normal inputs, each a row, with classes in turn. Float32, so that both computations see the same numbers. */
function examples(count: number, { inputs, classes }: { inputs: number; classes: number }, seed: number) {
  const z = Float32Array.from(stream(seed, 'theory', 'examples').fillNormal(new Float64Array(count * inputs)));
  return range(count).map((i) => ({ x: Array.from(z.subarray(i * inputs, (i + 1) * inputs)), y: i % classes }));
}

type Example = ReturnType<typeof examples>[number];

const dataOf = (list: readonly Example[]) => ({ x: list.map(({ x }) => x), y: list.map(({ y }) => y) });

/** Kernel [in, out], row-major, and bias of each layer in turn. */
type Weights = readonly (readonly number[])[];

/** The perceptron in float64 and loops: inputs of each layer, then the logits. */
function forward(weights: Weights, x: readonly number[]): number[][] {
  const values = [[...x]];
  for (let p = 0; p < weights.length; p += 2) {
    const [kernel, bias] = [weights[p]!, weights[p + 1]!];
    const input = values.at(-1)!;
    const output = bias.map((b, o) => b + sum(input.map((v, i) => v * kernel[i * bias.length + o]!)));
    values.push(p + 2 < weights.length ? output.map((v) => Math.max(v, 0)) : output);
  }
  return values;
}

/** Gradient of Σ_c delta_c·logit_c by each tensor of `weights`; `values` are those of {@link forward}. */
function backward(weights: Weights, values: readonly (readonly number[])[], delta: readonly number[]): number[][] {
  const gradients: number[][] = [];
  let d = [...delta];
  for (let p = weights.length - 2; p >= 0; p -= 2) {
    const [kernel, input, after] = [weights[p]!, values[p / 2]!, d];
    gradients.unshift(
      input.flatMap((v) => after.map((dv) => v * dv)),
      after,
    );
    d = input.map((v, i) => (v > 0 ? sum(after.map((dv, o) => dv * kernel[i * after.length + o]!)) : 0));
  }
  return gradients;
}

function softmax(logits: readonly number[]): number[] {
  const exps = logits.map((v) => scalar.exp(v - Math.max(...logits)));
  return exps.map((v) => v / sum(exps));
}

/** Gradient of an example's cross-entropy by each tensor of `weights`, in float64. */
function gradientOf(weights: Weights, { x, y }: Example): number[][] {
  const values = forward(weights, x);
  return backward(
    weights,
    values,
    softmax(values.at(-1)!).map((p, c) => p - (c === y ? 1 : 0)),
  );
}

/** F̂ against the diagonal of the explicit matrix E[g gᵀ]. */
async function T1(seed: number) {
  const shape = { inputs: 6, hidden: [8], classes: 4 };
  const { model, weights, dispose } = await perceptron(shape, seed);
  const data = examples(24, shape, seed);
  const { square } = await gradientStatistics(model, dataOf(data), range(weights.length), { squares: true });
  dispose();

  const gradients = data.map((example) => gradientOf(weights, example).flat());
  const fisher = gradients[0]!.map((_, i) =>
    gradients[0]!.map((_, j) => sum(gradients.map((g) => g[i]! * g[j]!)) / gradients.length),
  );
  const diagonal = fisher.map((row, i) => row[i]!);
  let start = 0;
  const errors = square.map((estimate, k) => {
    const expected = diagonal.slice(start, (start += estimate.length));
    return [model.parameters[k]!.name, distance(estimate, expected)] as const;
  });
  return { errors: Object.fromEntries(errors) };
}

/** F̂ of labels drawn from the softmax against diag(Jᵀ S J), S = diag(p) − p pᵀ, by the number of draws for each input. */
async function T2(seed: number) {
  const shape = { inputs: 6, hidden: [12], classes: 4 };
  const { model, weights, dispose } = await perceptron(shape, seed);
  const inputs = examples(16, shape, seed);
  // Kernels only: their squares come from one pass over a batch.
  const kernels = [0, 2];
  const probabilities = inputs.map(({ x }) => softmax(forward(weights, x).at(-1)!));
  const expected = meanOf(
    inputs.map(({ x }, n) => {
      const p = probabilities[n]!;
      const values = forward(weights, x);
      const jacobian = p.map((_, c) => {
        const rows = backward(weights, values, p.map((_, k) => (k === c ? 1 : 0))); // prettier-ignore
        return kernels.flatMap((k) => rows[k]!);
      });
      const s = (c: number, k: number): number => (c === k ? p[c]! : 0) - p[c]! * p[k]!;
      return jacobian[0]!.map((_, i) =>
        sum(jacobian.flatMap((row, c) => jacobian.map((other, k) => row[i]! * s(c, k) * other[i]!))),
      );
    }),
  );

  const errors: { draws: number; error: number }[] = [];
  for (const draws of [1, 4, 16, 64, 256, 1024]) {
    const labels = stream(seed, 'theory', 'labels', draws);
    const drawn = inputs.flatMap(({ x }, n) =>
      range(draws).map(() => {
        let left = labels.uniform();
        const y = probabilities[n]!.findIndex((p) => (left -= p) < 0);
        return { x, y: y < 0 ? shape.classes - 1 : y };
      }),
    );
    const { square } = await gradientStatistics(model, dataOf(drawn), kernels, { squares: true, batchSize: 4096 });
    errors.push({ draws, error: distance(square.flatMap((part) => Array.from(part)), expected) }); // prettier-ignore
  }
  dispose();
  return { errors };
}

/**
 * Rows of an orthogonal array of strength 2: any two columns hold each pair of levels equally often (Rao-Hamming; `levels`
 * is prime). The mean over its rows of whatever is quadratic in their entries is the expectation over independent draws.
 */
export function orthogonalArray(levels: number, columns: number): number[][] {
  let digits = 1;
  while ((scalar.pow(levels, digits) - 1) / (levels - 1) < columns) digits++;
  const vectors = range(scalar.pow(levels, digits)).map((v) =>
    range(digits).map((k) => Math.floor(v / scalar.pow(levels, k)) % levels),
  );
  // Directions: one of each set of multiples. Two of them are linearly independent.
  const directions = vectors.filter((v) => v.find((digit) => digit !== 0) === 1).slice(0, columns);
  return vectors.map((v) => directions.map((u) => sum(u.map((digit, k) => digit * v[k]!)) % levels));
}

/** N·F̂_N over all batches of an orthogonal array against F̂_1 + (N − 1)ḡ² of the examples they are drawn from. */
async function T3(seed: number) {
  const shape = { inputs: 6, hidden: [8], classes: 4 };
  const { model, weights, dispose } = await perceptron(shape, seed);
  const population = examples(3, shape, seed);
  const gradients = population.map((example) => gradientOf(weights, example).flat());
  const mean = meanOf(gradients);
  const square = meanOf(gradients.map((g) => g.map((v) => v * v)));

  const errors: Record<string, number> = {};
  for (const N of [1, 4, 16, 64]) {
    const batches = orthogonalArray(population.length, N).flat();
    const data = dataOf(batches.map((i) => population[i]!));
    const { square: found } = await gradientStatistics(model, data, range(weights.length), { squares: true, maskBatch: N }); // prettier-ignore
    const scaled = found.flatMap((part) => Array.from(part, (v) => N * v));
    errors[`N = ${N}`] = distance(scaled, square.map((v, i) => v + (N - 1) * mean[i]! ** 2)); // prettier-ignore
  }
  dispose();
  return { errors };
}

/** Weights, gradient and diagonal Hessian h in [½, 2] of a random separable quadratic, as scores see them: F̂ = h/N. */
function separable(seed: number) {
  const [d, batchSize] = [12, 4];
  const draws = stream(seed, 'theory', 'separable');
  const theta = Float32Array.from(draws.fillNormal(new Float64Array(d)));
  const mean = draws.fillNormal(new Float64Array(d));
  const h = Array.from(draws.fillUniform(new Float64Array(d)), (u) => 0.5 + 1.5 * u);
  return { h, evidence: { theta, mean, square: Float64Array.from(h, (v) => v / batchSize), batchSize } };
}

/** Largest difference relative to the largest number. */
const worst = (a: ArrayLike<number>, b: readonly number[]): number =>
  Math.max(...b.map((v, i) => Math.abs(a[i]! - v))) / Math.max(...b.map(Math.abs));

/** FBSS against gradient descent on g·δ + ½ δᵀHδ with δ_i = −θ_i held, less the minimum with nothing held. */
async function T4(seed: number) {
  const { h, evidence } = separable(seed);
  const { theta, mean: g } = evidence;
  const minimum = (held?: number): number => {
    const delta = h.map((_, j) => (j === held ? -theta[j]! : 0));
    // Steps of 1/max h shrink the error to ¾ at least: 200 of them leave 1e-25.
    for (let step = 0; step < 200; step++) {
      for (const j of range(h.length)) if (j !== held) delta[j]! -= (g[j]! + h[j]! * delta[j]!) / 2;
    }
    return sum(delta.map((v, j) => g[j]! * v + (h[j]! * v * v) / 2));
  };
  const least = minimum();
  return { errors: { 'constrained minimum': worst(fbss(evidence), h.map((_, i) => minimum(i) - least)) } }; // prettier-ignore
}

/** FTS against what a separable quadratic loss really does when a weight is deleted. */
async function T5(seed: number) {
  const { h, evidence } = separable(seed);
  const { theta, mean: g } = evidence;
  // Σ a·x + h·x²/2, of gradient g at θ.
  const loss = (x: readonly number[]): number => sum(x.map((v, j) => (g[j]! - h[j]! * theta[j]!) * v + (h[j]! * v * v) / 2)); // prettier-ignore
  const at = Array.from(theta);
  const change = at.map((_, i) => Math.abs(loss(at.map((v, j) => (j === i ? 0 : v))) - loss(at)));
  return {
    errors: { 'sign of Taylor': worst(fts(evidence, { sign: 'taylor' }), change) },
    repo: worst(fts(evidence, { sign: 'repo' }), change),
  };
}

/** Jaccard indices of the masks of a loss and of ten times that loss, with a tenth of the weights kept. */
async function T6(seed: number) {
  const shape = { inputs: 16, hidden: [32, 32], classes: 4 };
  const { model, dispose } = await perceptron(shape, seed);
  const data = dataOf(examples(64, shape, seed));
  const maskOf = (layers: readonly LayerScores[]) => select(layers, { sparsity: 0.9 });
  const loss = crossEntropy();
  const layersOf = async (criterion: Criterion, options: ScoreOptions) =>
    (await score(model, data, criterion, options)).layers;

  const overlap = async (criterion: Criterion) => {
    const one = await layersOf(criterion, { loss });
    const ten = await layersOf(criterion, { loss: (labels, outputs) => tf.mul(loss(labels, outputs), 10) });
    return jaccard(maskOf(one), maskOf(ten));
  };
  const rescaled = async (criterion: Criterion, factor: (all: readonly number[]) => number) => {
    const layers = await layersOf(criterion, { loss });
    const by = factor(layers.flatMap(({ scores }) => Array.from(scores)));
    const other = layers.map((layer) => ({ ...layer, scores: layer.scores.map((v) => v * by) }));
    return jaccard(maskOf(layers), maskOf(other));
  };
  const same: Record<string, number> = {};
  for (const name of ['gn', 'snip', 'grasp', 'fd', 'fp', 'hd', 'hp', 'hts'] as const) same[name] = await overlap(name);
  same['snip divided by its sum'] = await rescaled('snip', (all) => 1 / sum(all));
  same['fp without its ½'] = await rescaled('fp', () => 2);
  const different = { fts: await overlap('fts'), fbss: await overlap('fbss') };
  dispose();
  return { same, different };
}

/** FD against GN², of one gradient over all data, and of single examples that are all the same. */
async function T7(seed: number) {
  const shape = { inputs: 16, hidden: [32, 32], classes: 4 };
  const { model, dispose } = await perceptron(shape, seed);
  const data = examples(48, shape, seed);
  const errors: Record<string, number> = {};
  const same: Record<string, number> = {};
  const cases = {
    'full batch': [dataOf(data), { maskBatch: 'all' }],
    'equal gradients': [dataOf(range(8).map(() => data[0]!)), {}],
  } as const;
  for (const [name, [given, options]] of Object.entries(cases)) {
    const fd = (await score(model, given, 'fd', options)).layers;
    const gn = (await score(model, given, 'gn', options)).layers;
    const squares = gn.flatMap(({ scores }) => Array.from(scores, (v) => v * v));
    const found = fd.flatMap(({ scores }) => Array.from(scores));
    errors[name] = Math.max(...squares.map((v, i) => (v === 0 && found[i] === 0 ? 0 : Math.abs(found[i]! / v - 1))));
    same[name] = Math.min(
      ...[0.5, 0.9, 0.99].map((sparsity) => jaccard(select(fd, { sparsity }), select(gn, { sparsity }))),
    );
  }
  dispose();
  return { errors, same };
}

/** Mean and variance of z ∘ Hz over random signs z, in standard errors from diag H and Σ_{j≠i} H_ij². */
async function T8(seed: number) {
  const [d, n] = [8, 10_000];
  const z = Float32Array.from(stream(seed, 'theory', 'symmetric').fillNormal(new Float64Array(d * d)));
  const H = range(d).map((i) => range(d).map((j) => z[Math.min(i, j) * d + Math.max(i, j)]!));
  const matrix = tf.tensor2d(H);
  // As many copies of ½ xᵀHx as probes, each with variables of its own: one product draws all probes at once.
  const quadratics: Network = {
    name: 'quadratics',
    inputShape: [1],
    classes: 1,
    parameters: [{ name: 'x', role: 'kernel', shape: [n, d], fanIn: d }],
    buffers: [],
    forward: ([x]) => tf.div(tf.sum(tf.mul(x!, tf.matMul(x!, matrix))), 2),
  };
  const values = { parameters: [tf.zeros([n, d])], buffers: [] };
  const [samples] = await hessianDiagonal(fromNetwork(quadratics, values), { x: [[0]], y: [0] }, [0], {
    loss: (_, outputs) => outputs,
    probes: 1,
    seed,
  });
  tf.dispose([matrix, values.parameters]);

  const entries = range(d).map((i) => {
    const own = range(n).map((probe) => samples![probe * d + i]!);
    const mean = sum(own) / n;
    const variance = sum(own.map((v) => (v - mean) ** 2)) / (n - 1);
    const expected = sum(H[i]!.map((v, j) => (j === i ? 0 : v * v)));
    return {
      mean: Math.abs(mean - H[i]![i]!) / Math.sqrt(expected / n),
      // A sum of independent signs has a kurtosis below 3, so that its variance is known to √(2/n) or better.
      variance: Math.abs(variance / expected - 1) / Math.sqrt(2 / n),
    };
  });
  return {
    errors: {
      mean: Math.max(...entries.map(({ mean }) => mean)),
      variance: Math.max(...entries.map(({ variance }) => variance)),
    },
  };
}

const everyKernel: IsPrunable = ({ role }) => role === 'kernel' || role === 'classifier';

/** Sums of SynFlow scores into and out of each hidden unit of a net whose biases are 0. */
async function T9(seed: number) {
  const hidden = [8, 8, 8];
  const { model, dispose } = await perceptron({ inputs: 8, hidden, classes: 4 }, seed, 'uniform');
  const { layers } = await score(model, null, 'synflow', { isPrunable: everyKernel });
  dispose();
  const errors = hidden.map((width, k) => {
    const [before, after] = [layers[k]!, layers[k + 1]!];
    const relative = range(width).map((unit) => {
      const into = sum(Array.from(before.scores).filter((_, i) => i % width === unit));
      const out = sum(Array.from(after.scores).filter((_, i) => Math.floor(i / after.shape[1]!) === unit));
      return Math.abs(into / out - 1);
    });
    return [`hidden layer ${k + 1}`, Math.max(...relative)] as const;
  });
  return { errors: Object.fromEntries(errors) };
}

/** SynFlow down to as many weights as there are layers: by its schedule, and in one round. */
async function T10(seed: number) {
  const hidden = [16, 16, 16, 16, 16];
  const { model, weights, dispose } = await perceptron({ inputs: 20, hidden, classes: 10 }, seed, 'uniform');
  const count = sum(weights.filter((_, p) => p % 2 === 0).map(({ length }) => length));
  const options = {
    criterion: 'synflow',
    isPrunable: everyKernel,
    sparsity: 1 - (hidden.length + 1) / count,
    apply: false,
  } as const;
  const { mask } = await prune(model, null, options);
  const { mask: oneRound } = await prune(model, null, { ...options, rounds: 1 });
  dispose();
  const ends = mask.layers.map((layer) => {
    const at = range(layer.shape[0]! * layer.shape[1]!).find((i) => isKept(layer, i)) ?? NaN;
    return { from: Math.floor(at / layer.shape[1]!), to: at % layer.shape[1]! };
  });
  return {
    kept: densities(mask).map(({ kept }) => kept),
    isPath: ends.slice(1).every(({ from }, k) => from === ends[k]!.to),
    keptInOneRound: densities(oneRound).map(({ kept }) => kept),
  };
}

const STATEMENTS = { T1, T2, T3, T4, T5, T6, T7, T8, T9, T10 };

export async function run(
  { statement }: TheoryConfig,
  seed: number,
  { backend }: Pick<CellContext, 'backend'>,
): Promise<Record<string, Json>> {
  await useBackend(backend.name as BackendName);
  return STATEMENTS[statement](seed);
}
