/** One pass over the data that gives every gradient-based criterion what it needs, in memory that does not grow with it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { cure, Float64Accumulator, gradients } from '@assay-ml/tensors';
import type { Batch } from './batch.js';
import { requireData } from './check.js';
import { batchesOf, type Data } from './data.js';
import { moments, products } from './fisher.js';
import { type Loss, type LossOptions, lossSum, resolveLoss } from './loss.js';
import type { Model, Values } from './model.js';
import { type Tap, tapped } from './taps.js';

/** Gradients over mask batches: M of them, each of N examples (the last may have fewer). */
export interface Statistics {
  /** N: examples behind one gradient. */
  readonly batchSize: number;
  /** M: number of gradients. */
  readonly batches: number;
  /** ḡ = (1/M) Σ_b g^(b) of each scored parameter, row-major. */
  readonly mean: readonly Float64Array[];
  /** F̂ = (1/M) Σ_b g^(b)∘g^(b); empty arrays unless asked for. */
  readonly square: readonly Float64Array[];
  /** How the gradients of single examples were found; empty if none were needed. */
  readonly paths: readonly GradientPath[];
}

/** How a parameter's gradients of single examples were found. */
export interface GradientPath {
  readonly name: string;
  /** In one pass over a batch, or by one backward pass an example. */
  readonly path: 'batched' | 'loop';
  /** Why by the loop. */
  readonly reason?: string;
}

/** Options of {@link gradientStatistics}. */
export interface StatisticsOptions extends LossOptions {
  /** N. Default 1, as in the paper: squares are of single examples. `all`: one gradient over all data. */
  readonly maskBatch?: number | 'all';
  /** Whether F̂ is needed, too. */
  readonly squares: boolean;
  /** Examples that go through the model at once; it changes memory and time, not the result. Default: as many as fit in 128 MB, at most 2048. */
  readonly batchSize?: number;
}

/** Bytes of tensors that the forward pass of one batch may make. */
const MEMORY = 2 ** 27;

/** Examples in one batch at most: within it sums are float32. */
const MOST = 2048;

/**
 * The default batch: as many examples as make 128 MB of tensors in a forward pass, from 1 to 2048; our choice. A batch has a
 * price of its own, which a large one shares among more examples: an MLP takes a third of the time that it takes by 128 on
 * native TensorFlow. 128 where a side of an example may vary.
 */
function fitting(model: Model, values: Values): number {
  if (model.inputShape.includes(null)) return 128;
  const one = [1, ...(model.inputShape as number[])];
  const bytes = tf.tidy(() => {
    const before = tf.memory().numBytes;
    model.forward(values, tf.zeros(one));
    return tf.memory().numBytes - before;
  });
  return Math.min(MOST, Math.max(1, Math.floor(MEMORY / bytes)));
}

/** Gradients of Σ losses of a batch by `scored`; zeros where none arrives. */
function lossGradients(model: Model, values: Values, scored: readonly number[], batch: Batch, loss: Loss): Tensor[] {
  const xs = scored.map((index) => values.parameters[index]!);
  return tf.tidy(() => gradients(() => lossSum(model, values, batch, loss), xs));
}

/**
 * ḡ and F̂ of the parameters at `scored`.
 *
 * A mask batch of any size is exact: it goes through the model in pieces, whose gradients are added. (The original code
 * takes the whole data set for a mask batch above 4096, and forgets to square it in FTS and FBSS.)
 * @param values the tensors to score at; the model's own by default
 * @throws RangeError for less data than one mask batch, a loss of another shape, or other options
 */
export async function gradientStatistics(
  model: Model,
  data: Data,
  scored: readonly number[],
  options: StatisticsOptions,
  values: Values = model.values(),
): Promise<Statistics> {
  requireOptions<StatisticsOptions>('gradientStatistics', options, {
    loss: 0,
    temperature: 0,
    maskBatch: 0,
    squares: 0,
    batchSize: 0,
  });
  requireData('gradientStatistics', data);
  cure();
  const { maskBatch = 1, squares, batchSize = fitting(model, values) } = options;
  const { loss, classes } = resolveLoss('gradientStatistics', model, options);
  if (maskBatch !== 'all') integer('gradientStatistics', 'maskBatch', maskBatch, 1, "Use 'all' for one gradient over all data."); // prettier-ignore
  integer('gradientStatistics', 'batchSize', batchSize, 1, 'Leave it out for as many as fit.');
  const sizes = scored.map((index) => values.parameters[index]!.size);
  const sum = new Float64Accumulator(sizes);
  const square = new Float64Accumulator(squares ? sizes : sizes.map(() => 0));
  const n = maskBatch === 'all' ? Infinity : maskBatch;
  const alone = n === 1; // each example is a mask batch, and as many go through the model at once as fit
  const sizeOf = (done: number) => Math.min(batchSize, alone ? Infinity : n - (done % n));
  const single = new SingleExamples(model, values, scored, loss);
  let batches = 0;
  let examples = 0;
  /** Σ of the gradients of the mask batch that has begun, and the number of its examples. */
  let total: Tensor[] = [];
  let count = 0;

  const finish = async (): Promise<void> => {
    const mean = tf.tidy(() => total.map((gradient) => tf.div(gradient, count)));
    tf.dispose(total);
    total = [];
    count = 0;
    batches++;
    if (squares) await square.take(tf.tidy(() => mean.map((gradient) => tf.square(gradient))));
    await sum.take(mean);
  };

  try {
    const reading = { inputShape: model.inputShape, classes };
    for await (const batch of batchesOf('gradientStatistics', data, reading, sizeOf)) {
      examples += batch.x.shape[0]!;
      if (alone) {
        if (squares) await single.add(batch, sum, square);
        else await sum.take(lossGradients(model, values, scored, batch, loss));
        batches = examples;
        continue;
      }
      const next = lossGradients(model, values, scored, batch, loss);
      const before = total;
      total = before.length === 0 ? next : tf.tidy(() => before.map((gradient, k) => tf.add(gradient, next[k]!)));
      if (before.length > 0) tf.dispose([...before, ...next]);
      count += batch.x.shape[0]!;
      if (count === n) await finish();
    }
    if (count > 0) await finish();
  } finally {
    tf.dispose(total);
  }
  if (maskBatch !== 'all' && examples < maskBatch) {
    throw invalid('gradientStatistics', 'maskBatch', maskBatch, `at most the number of examples, ${examples}`, 'Give more data.'); // prettier-ignore
  }
  return {
    batchSize: maskBatch === 'all' ? examples : maskBatch,
    batches,
    mean: sum.mean(batches),
    square: square.mean(batches),
    paths: maskBatch === 1 && squares ? single.paths() : [],
  };
}

/** How far a gradient of the batched pass may be from the loop's, in norm: far above rounding, far below a wrong one. */
const AGREEMENT = 1e-2;

/** Gradients of single examples: batched where a parameter has a tap, by one backward pass an example elsewhere. */
class SingleExamples {
  /** Why a parameter goes through the loop; undefined while it does not. */
  readonly #reasons: (string | undefined)[];
  #checked = false;

  constructor(
    readonly model: Model,
    readonly values: Values,
    readonly scored: readonly number[],
    readonly loss: Loss,
  ) {
    this.#reasons = scored.map(() => undefined);
  }

  paths(): GradientPath[] {
    return this.scored.map((index, k) => {
      const { name } = this.model.parameters[index]!;
      const reason = this.#reasons[k];
      return reason === undefined ? { name, path: 'batched' } : { name, path: 'loop', reason };
    });
  }

  async add(batch: Batch, sum: Float64Accumulator, square: Float64Accumulator): Promise<void> {
    const examples = batch.x.shape[0]!;
    const xs = this.scored.map((index) => this.values.parameters[index]!);
    const taps = tapped(() => lossSum(this.model, this.values, batch, this.loss), xs, examples);
    taps.forEach((tap, k) => {
      if (typeof tap === 'string') this.#reasons[k] ??= tap;
    });
    if (!this.#checked) await this.#check(batch, taps);

    const batched = taps.flatMap((tap, k) => (typeof tap === 'string' || this.#reasons[k] !== undefined ? [] : [k]));
    for (const k of batched) {
      const { sum: g, squares } = tf.tidy(() => moments(taps[k] as Tap, examples));
      await Promise.all([sum.take([g], [k]), square.take([squares], [k])]);
    }
    for (const tap of taps) if (typeof tap !== 'string') tf.dispose([tap.input, tap.delta]);

    const looped = this.scored.flatMap((_, k) => (batched.includes(k) ? [] : [k]));
    if (looped.length === 0) return;
    for (let b = 0; b < examples; b++) {
      const own = this.#gradientsOf(batch, b, looped);
      const squares = tf.tidy(() => own.map((gradient) => tf.square(gradient)));
      await Promise.all([sum.take(own, looped), square.take(squares, looped)]);
    }
  }

  #gradientsOf({ x, y }: Batch, b: number, places: readonly number[]): Tensor[] {
    return tf.tidy(() => {
      const example = { x: tf.slice(x, [b], [1]), y: tf.slice(y, [b], [1]) };
      return lossGradients(this.model, this.values, places.map((k) => this.scored[k]!), example, this.loss); // prettier-ignore
    });
  }

  /**
   * What the tape cannot show: whether row b of a layer belongs to example b (a model may move its batch axis), and
   * whether examples touch each other. So the first and the last example of the first batch also go through the loop.
   */
  async #check(batch: Batch, taps: readonly (Tap | string)[]): Promise<void> {
    this.#checked = true;
    const examples = batch.x.shape[0]!;
    const places = taps.flatMap((tap, k) => (typeof tap === 'string' ? [] : [k]));
    if (places.length === 0) return;
    for (const b of new Set([0, examples - 1])) {
      const pairs = tf.tidy(() => {
        const own = this.#gradientsOf(batch, b, places);
        return places.flatMap((k, at) => [products(taps[k] as Tap, examples, b, 1), own[at]!]);
      });
      const read = await Promise.all(pairs.map((tensor) => tensor.data<'float32'>()));
      tf.dispose(pairs);
      for (const [at, k] of places.entries()) {
        const [batched, own] = [read[2 * at]!, read[2 * at + 1]!];
        let [error, norm] = [0, 0];
        for (let i = 0; i < own.length; i++) {
          error += (batched[i]! - own[i]!) ** 2;
          norm += own[i]! ** 2;
        }
        if (!(error <= AGREEMENT ** 2 * norm)) {
          this.#reasons[k] ??=
            'the batched pass and the loop disagree on an example: examples are not separate rows of its layer';
        }
      }
    }
  }
}
