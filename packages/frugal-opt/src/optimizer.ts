/** A method as an optimiser of TensorFlow.js: for `model.compile`, `minimize` and `applyGradients`. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap } from '@tensorflow/tfjs-core';
import { integer, invalid } from '@assay-ml/numerics/check';
import { hasMemory, isShared, withMemory } from '@assay-ml/tensors';
import { frugal } from './frugal.js';
import type { Kept, Method, Numbers, Parameter, State } from './method.js';
import type { FrugalOptions } from './options.js';

/** A tensor with a name. */
export type NamedTensor = { name: string; tensor: tf.Tensor };

/**
 * FRUGAL, or any method of this package, in place of a `tf.Optimizer`.
 *
 * On a cured wasm (`useBackend('wasm')`) weights are changed in their own memory and the numbers of the state are tensors that
 * `tf.memory()` counts; on other backends the step is computed on copies of gradients and weights. The bits are the same where
 * gradients are. A variable whose memory another tensor shares gets its own first. Backends whose tensors can only be read
 * asynchronously (WebGPU) are refused by TensorFlow.js itself.
 *
 * Kernels of TensorFlow.js are [in, out]: what the authors, whose kernels are [out, in], call columns are `rows` here.
 * @example
 * model.compile({ optimizer: new FrugalOptimizer({ rate: 1e-3, projector: 'rows' }), loss: 'meanSquaredError' });
 */
export class FrugalOptimizer extends tf.Optimizer {
  readonly #method: Method;
  readonly #options: FrugalOptions | null;
  #state: State | null = null;
  /** On wasm the float32 arrays of the state, in the order of {@link slotsOf}: what stands there is of no use between steps. */
  #held: tf.Tensor[] = [];

  /** What a saved model calls this class. */
  static get className(): string {
    return 'AssayFrugalOptimizer';
  }

  /**
   * @param method options of `frugal`, or a method
   * @throws RangeError for options out of range
   */
  constructor(method: FrugalOptions | Method) {
    super();
    const made = typeof method === 'object' && method !== null && 'step' in method && 'init' in method;
    this.#method = made ? method : frugal(method);
    this.#options = made ? null : method;
  }

  /** A copy of the state; null before the first step. `report` and `overlap` read it. */
  get state(): State | null {
    if (this.#state === null) return null;
    const { tensors, ...rest } = this.#state;
    let k = 0;
    const copies = <T extends Kept>(list: readonly T[]) =>
      list.map((values) =>
        values instanceof Float32Array && this.#held.length > 0
          ? this.#held[k++]!.dataSync<'float32'>().slice()
          : values.slice(),
      ) as T[];
    const all = tensors.map(({ moments, basis, extra, ...own }) => ({
      ...own,
      moments: copies(moments),
      basis: copies(basis),
      extra: copies(extra),
    }));
    return { ...structuredClone(rest), tensors: all };
  }

  /**
   * T, the steps between refreshes, from the next refresh on: what `adaptedPeriod` gives.
   * @throws RangeError for less than 1, or before the first step
   */
  set period(steps: number) {
    integer('FrugalOptimizer', 'period', steps, 1, 'It is T, the steps between refreshes.');
    if (this.#state === null) throw invalid('FrugalOptimizer', 'period', steps, 'set after the first step', "Give the option 'period' before it."); // prettier-ignore
    this.#state.period = steps;
  }

  /**
   * One step. A variable without a gradient is left as it is.
   * @throws RangeError for a name that is no variable, other variables than in the first step, or a gradient that is not finite or
   *   of another shape; nothing is changed then
   */
  override applyGradients(given: NamedTensorMap | NamedTensor[]): void {
    const list = Array.isArray(given) ? given : Object.entries(given).map(([name, tensor]) => ({ name, tensor }));
    const variables = list.map(({ name }) => {
      const variable = tf.engine().registeredVariables[name];
      if (variable) return variable;
      throw invalid('applyGradients', 'gradients', name, 'the name of a variable', 'Gradients go by the names of variables.'); // prettier-ignore
    });
    const parameters = variables.map(({ name, shape }): Parameter => ({ name, shape }));
    const gradients = list.map(({ name, tensor }, i): tf.Tensor | null => {
      if ((tensor as tf.Tensor | null) === null) return null;
      const { shape } = variables[i]!;
      if (tf.util.arraysEqual(tensor.shape, shape)) return tensor;
      throw invalid('applyGradients', `gradients of ${name}`, tensor.shape, `of shape [${shape.join(', ')}]`, 'It is that of the variable.'); // prettier-ignore
    });
    const known = this.#state?.parameters ?? parameters;
    const same = ({ name, shape }: Parameter, i: number) => name === parameters[i]?.name && shape.join() === parameters[i].shape.join(); // prettier-ignore
    if (known.length !== parameters.length || !known.every(same)) {
      throw invalid('applyGradients', 'gradients', parameters.map(({ name }) => name), `about ${known.map(({ name }) => name).join(', ')}, in this order and of the same shapes`, 'Use one optimiser for each list of variables.'); // prettier-ignore
    }
    const floats = [...variables, ...gradients].every((tensor) => tensor === null || tensor.dtype === 'float32');
    if (hasMemory() && floats) this.#inMemory(parameters, variables, gradients);
    else this.#onCopies(parameters, variables, gradients);
    this.incrementIterations();
  }

  #step(parameters: readonly Parameter[], x: Numbers[], g: (Numbers | null)[]): State {
    const state = this.#state ?? this.#method.init(parameters, x);
    const point = { x, state };
    this.#method.step(point, g, point);
    return state;
  }

  #inMemory(
    parameters: readonly Parameter[],
    variables: readonly tf.Variable[],
    gradients: readonly (tf.Tensor | null)[],
  ): void {
    for (const variable of variables) {
      if (!isShared(variable)) continue;
      const copy = tf.tensor(variable.dataSync<'float32'>(), variable.shape);
      variable.assign(copy);
      copy.dispose();
    }
    const given = gradients.filter((gradient) => gradient !== null);
    const ofArray = new Map<Kept, tf.Tensor>();
    const state = withMemory([...variables, ...given, ...this.#held], (arrays) => {
      const x = arrays.splice(0, variables.length);
      const g = arrays.splice(0, given.length);
      if (this.#state !== null && this.#held.length > 0) {
        slotsOf(this.#state).forEach(([slots, i], k) => (slots[i] = arrays[k]!));
        arrays.forEach((values, k) => ofArray.set(values, this.#held[k]!));
      }
      let next = 0;
      return this.#step(parameters, x, gradients.map((gradient) => (gradient === null ? null : g[next++]!))); // prettier-ignore
    });
    this.#state = state;
    // What the step made anew becomes a tensor, and what it dropped is disposed.
    const before = this.#held;
    this.#held = slotsOf(state).map(([slots, i]) => {
      const values = slots[i] as Float32Array;
      return ofArray.get(values) ?? tf.keep(tf.tensor1d(values));
    });
    const kept = new Set(this.#held);
    tf.dispose(before.filter((tensor) => !kept.has(tensor)));
  }

  #onCopies(
    parameters: readonly Parameter[],
    variables: readonly tf.Variable[],
    gradients: readonly (tf.Tensor | null)[],
  ): void {
    if (this.#held.length > 0) this.#hold(this.state);
    const x = variables.map((variable) => variable.dataSync<'float32'>().slice());
    this.#state = this.#step(parameters, x, gradients.map((gradient) => gradient?.dataSync<'float32'>() ?? null)); // prettier-ignore
    variables.forEach((variable, i) => {
      const tensor = tf.tensor(x[i]!, variable.shape);
      variable.assign(tensor);
      tensor.dispose();
    });
  }

  /** Takes a state of plain arrays, or none. */
  #hold(state: State | null): void {
    tf.dispose(this.#held);
    this.#held = [];
    this.#state = state;
  }

  /** The state as named tensors, the caller's: what `setWeights` takes, and `model.save` stores. */
  override async getWeights(): Promise<NamedTensor[]> {
    const weights = [await this.saveIterations()];
    const { state } = this;
    if (state === null) return weights;
    const arrays: Kept[] = [];
    const text = JSON.stringify(state, (_key, value: unknown) => {
      if (!isKept(value)) return value;
      arrays.push(value);
      return { length: value.length, kind: value.constructor.name };
    });
    weights.push({ name: 'frugal', tensor: tf.tensor1d([...new TextEncoder().encode(text)], 'int32') });
    arrays.forEach((values, k) => weights.push({ name: `frugal/${k}`, tensor: stored(values) }));
    return weights;
  }

  /**
   * Goes on from a state that `getWeights` gave: the next step has the bits it would have had there. Tensors are copied.
   * @throws RangeError for weights of another optimiser, or the state of another method, rho or seed; nothing is changed then
   */
  override async setWeights(weights: NamedTensor[]): Promise<void> {
    const all = new Map(weights.map(({ name, tensor }) => [name, tensor]));
    const [made, header] = [all.get('iter'), all.get('frugal')];
    if (made === undefined) throw invalid('setWeights', 'weights', [...all.keys()], 'what getWeights() gave', 'They are of another optimiser.'); // prettier-ignore
    let state: State | null = null;
    if (header !== undefined) {
      let k = 0;
      const arrays = await Promise.all(
        [...all.keys()].filter((name) => name.startsWith('frugal/')).map((_, i) => all.get(`frugal/${i}`)?.data()),
      );
      const text = new TextDecoder().decode(Uint8Array.from(await header.data()));
      state = JSON.parse(text, (_key, value: { length?: number; kind?: keyof typeof KINDS } | null) => {
        if (value === null || typeof value !== 'object' || Array.isArray(value) || typeof value.length !== 'number')
          return value;
        const array = arrays[k++] as Float32Array | Int32Array | undefined;
        const Kind = KINDS[value.kind!];
        const bytes = value.length * Kind.BYTES_PER_ELEMENT;
        if (array?.length === Math.ceil(bytes / 4)) return new Kind(Uint8Array.from(new Uint8Array(array.buffer, array.byteOffset, bytes)).buffer); // prettier-ignore
        throw invalid('setWeights', 'weights', array?.length, `an array of ${Math.ceil(bytes / 4)} numbers as 'frugal/${k - 1}'`, 'They are incomplete.'); // prettier-ignore
      }) as State;
      if (state.tag !== this.#method.tag) {
        throw invalid('setWeights', 'weights', state.tag, `the state of ${this.#method.tag}`, 'Take the method, rho and seed that it was made with.'); // prettier-ignore
      }
    }
    this.iterations_ = (await made.data())[0]!;
    this.#hold(state);
  }

  /** Forgets the state. */
  override dispose(): void {
    this.#hold(null);
    super.dispose();
  }

  /**
   * The options, for a saved model.
   * @throws Error for one made of a method: it has none that could be saved
   */
  override getConfig(): tf.serialization.ConfigDict {
    if (this.#options !== null) {
      const { groups, ...rest } = structuredClone(this.#options);
      // Loading a model takes underscores out of texts.
      const escaped = groups?.map((group) => ({ ...group, match: group.match.replace(/\\?_/g, '\\x5f') }));
      return { ...rest, ...(escaped ? { groups: escaped } : {}) } as unknown as tf.serialization.ConfigDict;
    }
    throw new Error('getConfig: this optimiser was made of a method; must be of options of frugal() to be saved. Save the weights alone.'); // prettier-ignore
  }

  /** From options. */
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
tf.serialization.registerClass(FrugalOptimizer);

const KINDS = { Float32Array, Uint16Array, Uint8Array };

function isKept(value: unknown): value is Kept {
  return ArrayBuffer.isView(value);
}

/** An array as a tensor: float32 as it is, others four bytes a number. */
function stored(values: Kept): tf.Tensor {
  if (values instanceof Float32Array) return tf.tensor1d(values);
  const bytes = new Uint8Array(4 * Math.ceil(values.byteLength / 4));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return tf.tensor1d(new Int32Array(bytes.buffer), 'int32');
}

/** Where float32 arrays stand in a state, in one order. */
function slotsOf({ tensors }: State): [Kept[], number][] {
  const slots: [Kept[], number][] = [];
  for (const { moments, basis, extra } of tensors) {
    for (const list of [moments, basis, extra] as Kept[][]) {
      for (let i = 0; i < list.length; i++) if (list[i] instanceof Float32Array) slots.push([list, i]);
    }
  }
  return slots;
}
