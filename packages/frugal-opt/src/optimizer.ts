/** A method as an optimiser of TensorFlow.js: for `model.compile`, `minimize` and `applyGradients`. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap } from '@tensorflow/tfjs-core';
import { invalid } from '@assay-ml/numerics/check';
import { frugal } from './frugal.js';
import type { Method, Numbers, Parameter, Point, State } from './method.js';
import type { FrugalOptions } from './options.js';

/** A tensor with a name. */
export type NamedTensor = { name: string; tensor: tf.Tensor };

/**
 * FRUGAL, or any method of this package, in place of a `tf.Optimizer`.
 *
 * The step is computed in JavaScript on copies of gradients and weights, with the same bits on every backend that gives the
 * same gradients; the state is this object's and lies outside TensorFlow.js. Backends whose tensors can only be read
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

  /** The state; null before the first step. `report`, `overlap` and `adaptedPeriod` read it. */
  get state(): State | null {
    return this.#state;
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
    const x = variables.map((variable) => variable.dataSync<'float32'>().slice());
    const g = list.map(({ name, tensor }, i): Numbers | null => {
      if ((tensor as tf.Tensor | null) === null) return null;
      const { shape } = variables[i]!;
      if (tf.util.arraysEqual(tensor.shape, shape)) return tensor.dataSync<'float32'>();
      throw invalid('applyGradients', `gradients of ${name}`, tensor.shape, `of shape [${shape.join(', ')}]`, 'It is that of the variable.'); // prettier-ignore
    });
    const state = this.#state ?? this.#method.init(parameters, x);
    const [known, now] = [state.parameters, parameters].map((all) => JSON.stringify(all.map(({ name, shape }) => [name, shape]))); // prettier-ignore
    if (known !== now) {
      throw invalid('applyGradients', 'gradients', parameters.map(({ name }) => name), `about ${state.parameters.map(({ name }) => name).join(', ')}, in this order and of the same shapes`, 'Use one optimiser for each list of variables.'); // prettier-ignore
    }
    const point: Point = { x, state };
    this.#method.step(point, g, point);
    this.#state = state;
    variables.forEach((variable, i) => {
      const tensor = tf.tensor(x[i]!, variable.shape);
      variable.assign(tensor);
      tensor.dispose();
    });
    this.incrementIterations();
  }

  /** The state as named tensors, the caller's: what `setWeights` takes, and `model.save` stores. */
  override async getWeights(): Promise<NamedTensor[]> {
    const weights = [await this.saveIterations()];
    if (this.#state === null) return weights;
    const text = JSON.stringify(this.#state, (_key, value: unknown) =>
      value instanceof Float32Array ? { length: value.length } : value,
    );
    weights.push({ name: 'frugal', tensor: tf.tensor1d([...new TextEncoder().encode(text)], 'int32') });
    arraysOf(this.#state).forEach((values, k) => weights.push({ name: `frugal/${k}`, tensor: tf.tensor1d(values.slice() as Float32Array, 'float32') })); // prettier-ignore
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
        [...all.keys()]
          .filter((name) => name.startsWith('frugal/'))
          .map((_, i) => all.get(`frugal/${i}`)?.data<'float32'>()),
      );
      const text = new TextDecoder().decode(Uint8Array.from(await header.data()));
      state = JSON.parse(text, (_key, value: { length?: number } | null) => {
        if (value === null || typeof value !== 'object' || Array.isArray(value) || typeof value.length !== 'number')
          return value;
        const array = arrays[k++];
        if (array?.length === value.length) return Float32Array.from(array);
        throw invalid('setWeights', 'weights', array?.length, `an array of ${value.length} numbers as 'frugal/${k - 1}'`, 'They are incomplete.'); // prettier-ignore
      }) as State;
      if (state.tag !== this.#method.tag) {
        throw invalid('setWeights', 'weights', state.tag, `the state of ${this.#method.tag}`, 'Take the method, rho and seed that it was made with.'); // prettier-ignore
      }
    }
    this.iterations_ = (await made.data())[0]!;
    this.#state = state;
  }

  /** Forgets the state. */
  override dispose(): void {
    this.#state = null;
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

/** Arrays of a state, in the order in which JSON goes through it. */
function arraysOf(state: State): Numbers[] {
  const found: Numbers[] = [];
  JSON.stringify(state, (_key, value: unknown) => {
    if (!(value instanceof Float32Array)) return value;
    found.push(value);
    return null;
  });
  return found;
}
