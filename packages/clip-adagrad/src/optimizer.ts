/** The family as an optimiser of TensorFlow.js: for `model.compile`, `minimize` and `applyGradients`. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core';
import { integer, invalid, requireOptions } from '@assay-ml/numerics/check';
import { checked, METHOD_NAMES, type Method, type MethodOptions, tagOf } from './method.js';
import { checkSchedule, type Schedule } from './schedule.js';
import { initialTensorState, type TensorPoint, updateTensors } from './update-tensors.js';

/** Variables that are trained otherwise than the rest. A group has a b, a clip and a state of its own. */
export interface Group extends Partial<MethodOptions> {
  /** A regular expression that is looked for in the names of variables; the first group that fits takes one. */
  readonly match: string;
}

/** Options of {@link ClippedOptimizer}: those of `compose` for all variables, and these. All are plain data, and saved. */
export interface OptimizerOptions extends MethodOptions {
  /** Overrides by name of variable. Default: none. */
  readonly groups?: readonly Group[];
  /** Calls of `applyGradients` whose mean makes one step. Default 1. */
  readonly accumulate?: number;
}

/** What {@link ClippedOptimizer.statistics} reads. */
export interface Statistics {
  /** Steps offered, over all groups of one training the same. */
  readonly steps: number;
  /** Steps left out because their gradient was not finite. */
  readonly skipped: number;
  /** Mean part of the steps (tensors, coordinates) that was clipped, over the steps that were taken. */
  readonly clippedFraction: number;
  /** Current level of a running quantile; the first level of others; Infinity without clipping. */
  readonly level: number;
}

/** A tensor with a name. */
export type NamedTensor = { name: string; tensor: Tensor };

interface Part {
  /** What names of variables are looked through for; null takes what no other part does. */
  readonly pattern: RegExp | null;
  method: Method;
  /** Names of its variables, in the order of the first call. */
  names: string[];
  /** State of the method; its tensors are this optimiser's. Null before the first step. */
  state: TensorPoint['state'] | null;
  /** Σ of the gradients since the last step; empty right after it. */
  sums: Tensor[];
}

/**
 * Any method of the family in place of a `tf.Optimizer`.
 *
 * A gradient that is not finite skips its group's step; that is decided on the device, and `statistics()` tells how often. A
 * variable without a gradient takes part with one of zeros. All calls must be about the same variables.
 * @example
 * model.compile({ optimizer: new ClippedOptimizer({ gamma: 0.1, clip: { level: 1 } }), loss: 'meanSquaredError' });
 * @example
 * new ClippedOptimizer(method('Clip-Adam-Norm', { gamma: 1e-3, level: 0.5 }));
 */
export class ClippedOptimizer extends tf.Optimizer {
  #options: OptimizerOptions;
  readonly #parts: Part[];
  readonly #accumulate: number;
  /** Calls since the last step. */
  #pending = 0;

  /** What a saved model calls this class. */
  static get className(): string {
    return 'AssayClippedOptimizer';
  }

  /** @throws RangeError for options out of range */
  constructor(options: OptimizerOptions) {
    super();
    const where = 'ClippedOptimizer';
    requireOptions<OptimizerOptions>(where, options, { ...METHOD_NAMES, groups: 1, accumulate: 1 });
    const { groups = [], accumulate = 1, ...rest } = options;
    for (const group of groups) requireOptions<Group>(where, group, { ...METHOD_NAMES, match: 1 }, 'groups');
    this.#options = options;
    this.#accumulate = integer(where, 'accumulate', accumulate, 1, 'Leave it out for 1.');
    const part = (pattern: RegExp | null, method: MethodOptions): Part => ({
      pattern,
      method: checked(where, method),
      names: [],
      state: null,
      sums: [],
    });
    this.#parts = [
      part(null, rest),
      ...groups.map(({ match, ...override }) => part(new RegExp(match), { ...rest, ...override })),
    ];
  }

  /**
   * One step, or one part of a step where gradients are accumulated.
   * @throws RangeError for a name that is no variable, other variables than in the first call, or a gradient of another shape
   *   than its variable; nothing is changed then
   */
  override applyGradients(given: NamedTensorMap | NamedTensor[]): void {
    const list = Array.isArray(given) ? given : Object.entries(given).map(([name, tensor]) => ({ name, tensor }));
    const tensors = new Map(list.map(({ name, tensor }) => [name, tensor as Tensor | null]));
    this.#assign([...tensors.keys()]);
    for (const [name, tensor] of tensors) {
      const { shape } = tf.engine().registeredVariables[name]!;
      if (tensor && !tf.util.arraysEqual(tensor.shape, shape)) {
        throw invalid('applyGradients', `gradients of ${name}`, tensor.shape, `of shape [${shape.join(', ')}]`, 'It is that of the variable.'); // prettier-ignore
      }
    }
    this.#pending++;
    const last = this.#pending === this.#accumulate;
    tf.tidy(() => {
      for (const part of this.#parts) {
        const variables = part.names.map((name) => tf.engine().registeredVariables[name]!);
        if (variables.length === 0) continue;
        const before = part.sums;
        const sums = variables.map((variable, i) => {
          const gradient = tensors.get(part.names[i]!) ?? tf.zerosLike(variable);
          return before.length > 0 ? tf.add(before[i]!, gradient) : gradient;
        });
        if (last) this.#step(part, variables, this.#accumulate > 1 ? sums.map((sum) => tf.div(sum, this.#accumulate)) : sums); // prettier-ignore
        part.sums = last ? [] : sums.map((sum) => tf.keep(tf.clone(sum)));
        tf.dispose(before);
      }
    });
    if (last) {
      this.#pending = 0;
      this.incrementIterations();
    }
  }

  /** Called in `tf.tidy`. */
  #step(part: Part, variables: readonly Variable[], g: readonly Tensor[]): void {
    const before = part.state ?? initialTensorState(part.method, variables);
    const { x, state } = updateTensors(part.method, { x: variables, state: before }, g);
    variables.forEach((variable, i) => variable.assign(x[i]!));
    for (const tensor of tensorsOf(state)) tf.keep(tensor);
    part.state = state;
    tf.dispose(tensorsOf(before));
  }

  /** Divides the variables of the first call among the groups; refuses others later. */
  #assign(names: readonly string[]): void {
    const where = 'applyGradients';
    const known = this.#parts.flatMap((part) => part.names);
    if (known.length > 0) {
      const wrong = names.find((name) => !known.includes(name)) ?? known.find((name) => !names.includes(name));
      if (wrong !== undefined) {
        throw invalid(where, 'gradients', names, `about ${known.join(', ')}`, `The difference is ${wrong}: use one optimiser for each list of variables.`); // prettier-ignore
      }
      return;
    }
    const missing = names.find((name) => tf.engine().registeredVariables[name] === undefined);
    if (missing !== undefined) throw invalid(where, 'gradients', missing, 'the name of a variable', 'Gradients go by the names of variables.'); // prettier-ignore
    for (const name of names) {
      (this.#parts.find(({ pattern }) => pattern?.test(name)) ?? this.#parts[0]!).names.push(name);
    }
    // A restored state waited for its variables.
    for (const { names: own, method, state, sums } of this.#parts) {
      if (state === null) continue;
      const wanted = JSON.stringify(own.map((name) => tf.engine().registeredVariables[name]!.shape));
      for (const list of [state.m, sums, ...(method.scale === 'coordinate' ? [state.acc] : [])]) {
        const given = JSON.stringify(list.map(({ shape }) => shape));
        if (list.length === 0 || given === wanted) continue;
        for (const part of this.#parts) part.names = [];
        throw new RangeError(
          `setWeights: 'weights' have shapes ${given}; must have ${wanted}, those of the variables. They are of another model.`,
        );
      }
    }
  }

  /** γ as given: a number or a schedule, of the variables of no group and of groups without a `gamma` of their own. */
  get learningRate(): Schedule {
    return this.#parts[0]!.method.gamma;
  }

  /**
   * Sets γ from the next step on, what callbacks do; it takes the place of a schedule, and is saved with the options.
   * @throws RangeError for one out of range
   */
  set learningRate(gamma: Schedule) {
    checkSchedule('learningRate', gamma);
    this.#options = { ...this.#options, gamma };
    this.#parts.forEach((part, k) => {
      if (k > 0 && this.#options.groups![k - 1]!.gamma !== undefined) return;
      part.method = { ...part.method, gamma };
    });
  }

  /**
   * Reads the counters of a group, 0 being the variables of no group. They are computed on the device, and waited for
   * here alone.
   */
  async statistics(group = 0): Promise<Statistics> {
    const state = this.#parts[integer('statistics', 'group', group, 0, 'Groups count from 1; 0 is the rest.')]?.state;
    if (!state) return { steps: 0, skipped: 0, clippedFraction: 0, level: Infinity };
    const [clipped, skipped, level] = await Promise.all([state.clipped, state.skipped, state.level].map(async (s) => (await s.data())[0]!)); // prettier-ignore
    return { steps: state.t, skipped: skipped!, clippedFraction: clipped! / Math.max(1, state.t - skipped!), level: level! }; // prettier-ignore
  }

  /** The state as named tensors, which stay this optimiser's: what `setWeights` takes, and `model.save` stores. */
  override async getWeights(): Promise<NamedTensor[]> {
    const weights = [await this.saveIterations(), { name: 'pending', tensor: tf.scalar(this.#pending, 'int32') }];
    this.#parts.forEach(({ method, state, sums }, k) => {
      if (state === null) return;
      const name = (what: string) => `${k}/${tagOf(method)}/${what}`;
      weights.push({ name: name('t'), tensor: tf.scalar(state.t, 'int32') });
      for (const [what, list] of [
        ['m', state.m],
        ['acc', state.acc],
        ['sums', sums],
      ] as const) {
        // prettier-ignore
        list.forEach((tensor, i) => weights.push({ name: name(`${what}/${i}`), tensor }));
      }
      for (const what of ['level', 'clipped', 'skipped'] as const)
        weights.push({ name: name(what), tensor: state[what] });
    });
    return weights;
  }

  /**
   * Goes on from a state that `getWeights` gave: the next step has the bits it would have had there. Tensors are copied.
   * @throws RangeError for the state of another method; that of other variables is refused at the next step. Nothing is
   *   changed then
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const all = new Map(weights.map(({ name, tensor }) => [name, tensor]));
    const [made, pending] = [all.get('iter'), all.get('pending')];
    const names = [...all.keys()];
    if (made === undefined || pending === undefined) {
      throw invalid('setWeights', 'weights', names, 'what getWeights() gave', 'They are of another optimiser.');
    }
    const strange = names.find((name) => /^\d+\//.test(name) && Number.parseInt(name, 10) >= this.#parts.length);
    if (strange) throw invalid('setWeights', 'weights', strange, `of ${this.#parts.length} groups`, 'They are of another optimiser.'); // prettier-ignore
    this.#parts.forEach(({ method }, k) => requireState(k, method, names));
    const [iterations, calls] = await Promise.all([made.data(), pending.data()]);
    const states = await Promise.all(this.#parts.map(({ method }, k) => restored(k, tagOf(method), weights)));
    this.#release();
    this.iterations_ = iterations[0]!;
    this.#pending = calls[0]!;
    this.#parts.forEach((part, k) => Object.assign(part, { names: [], ...(states[k] ?? { state: null, sums: [] }) }));
  }

  /** Frees the state. */
  override dispose(): void {
    this.#release();
    super.dispose();
  }

  #release(): void {
    for (const part of this.#parts) {
      if (part.state) tf.dispose(tensorsOf(part.state));
      tf.dispose(part.sums);
      Object.assign(part, { state: null, sums: [] });
    }
  }

  /** The options, plain data. */
  override getConfig(): tf.serialization.ConfigDict {
    const { groups, ...rest } = structuredClone(this.#options);
    // Loading a model takes underscores out of texts.
    const escaped = groups?.map((group) => ({ ...group, match: group.match.replace(/\\?_/g, '\\x5f') }));
    return { ...rest, ...(escaped ? { groups: escaped } : {}) } as unknown as tf.serialization.ConfigDict;
  }

  /** The optimiser of such a configuration. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const own = { ...config };
    // The loader of models adds it.
    delete own['customObjects'];
    return new cls(own);
  }
}

tf.serialization.registerClass(ClippedOptimizer);

function tensorsOf(state: TensorPoint['state']): Tensor[] {
  return [...state.m, ...state.acc, state.level, state.clipped, state.skipped];
}

/** @throws RangeError unless the names of group k's weights, if any, are those of a state of the method */
function requireState(k: number, method: Method, names: readonly string[]): void {
  const own = names.filter((name) => name.startsWith(`${k}/`));
  if (own.length === 0) return;
  const tag = tagOf(method);
  const prefix = `${k}/${tag}/`;
  const other = own.find((name) => !name.startsWith(prefix));
  if (other) {
    throw new RangeError(`setWeights: 'weights' are of ${other.split('/')[1]}; must be of ${tag}. Make an optimiser with the options of the first.`); // prettier-ignore
  }
  const needed = ['t', ...(method.beta1 > 0 ? ['m/0'] : []), ...(method.kind === 'sgd' ? [] : ['acc/0']), 'level', 'clipped', 'skipped']; // prettier-ignore
  const missing = needed.find((what) => !own.includes(prefix + what));
  if (missing)
    throw invalid('setWeights', 'weights', own, `with ${prefix}${missing}`, 'Give all that getWeights() gave.');
}

/** The state of group k among saved weights that `requireState` let pass; undefined where the group has none. */
async function restored(
  k: number,
  tag: string,
  weights: readonly NamedTensor[],
): Promise<Pick<Part, 'state' | 'sums'> | undefined> {
  const prefix = `${k}/${tag}/`;
  const all = new Map(weights.map(({ name, tensor }) => [name, tensor]));
  const steps = all.get(`${prefix}t`);
  if (steps === undefined) return undefined;
  const t = (await steps.data())[0]!;
  const copy = (tensor: Tensor) => tf.keep(tf.clone(tensor));
  // By the number in the name: a store may sort names, and acc/10 goes before acc/2 there.
  const list = (what: string): Tensor[] =>
    Array.from({ length: [...all.keys()].filter((name) => name.startsWith(`${prefix}${what}/`)).length }, (_, i) => {
      const tensor = all.get(`${prefix}${what}/${i}`);
      if (tensor) return tensor;
      throw invalid('setWeights', 'weights', [...all.keys()], `with ${prefix}${what}/${i}`, 'Give all that getWeights() gave.'); // prettier-ignore
    });
  const [m, acc, sums] = [list('m'), list('acc'), list('sums')].map((tensors) => tensors.map(copy)) as [Tensor[], Tensor[], Tensor[]]; // prettier-ignore
  const [level, clipped, skipped] = ['level', 'clipped', 'skipped'].map((what) => copy(all.get(prefix + what)!)) as [tf.Scalar, tf.Scalar, tf.Scalar]; // prettier-ignore
  return { state: { tag, t, m, acc, level, clipped, skipped }, sums };
}
