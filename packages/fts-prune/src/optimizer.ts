/** Masks that hold under the optimizers of TensorFlow.js, and so under `model.fit`. */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { complaint, options as checkOptions } from '@assay-ml/numerics/check';

import { keepWhere } from './apply.js';
import { isLayersModel, namedWeights } from './from-layers.js';
import { type Mask, type MaskLayer, maskValues, requireLayout, requireMask } from './mask.js';

/** What optimizers keep of a variable: velocity, moments, accumulators. */
interface Slot {
  readonly originalName: string;
  readonly variable: Variable;
}

/** All slots of an optimizer: tfjs names them `<variable>/<slot>` and keeps them in lists, whatever the method. */
function slotsOf(optimizer: Optimizer): Slot[] {
  const isSlot = (value: unknown): value is Slot =>
    typeof value === 'object' && value !== null && 'originalName' in value && 'variable' in value;
  return Object.values(optimizer).flatMap((list: unknown) => (Array.isArray(list) ? list.filter(isSlot) : []));
}

/** The variable that a layer of a mask is for: of its name, or of that name as the engine numbers it on. */
function variableOf({ name }: MaskLayer): Variable | undefined {
  const all = Object.values(tf.engine().registeredVariables);
  const found = all.filter((variable) => variable.name === name || variable.name.replace(/_\d+$/, '') === name);
  if (found.length > 1) {
    throw new RangeError(
      `maskOptimizer: '${name}' is the name of ${found.length} variables: ${found.map((variable) => variable.name).join(', ')}; must be of one. Give { model }, or dispose of the other models of this name.`,
    );
  }
  return found[0];
}

/** The variables of a model, by the names that its masks have. */
function variablesOf(model: LayersModel): Map<string, Variable> {
  const { parameters, names } = namedWeights(model);
  return new Map(parameters.map(({ name }, i) => [names[i]!, tf.engine().registeredVariables[name]!]));
}

/** Options of {@link maskOptimizer}. */
export interface MaskOptimizerOptions {
  /** Whose weights the mask is for. Needed where several models have these names; default: the variables of these names. */
  readonly model?: LayersModel | undefined;
}

/**
 * Makes an optimizer train within a mask, also when `model.fit` drives it.
 *
 * At once, pruned weights and what the optimizer remembers of them (momentum, moments) become zero; from then on their
 * gradients are zeroed before each step and the weights after it. Zeroing gradients alone is not enough: momentum from
 * before the mask moves every pruned weight by about lr·μ/(1 − μ) times its velocity, and nothing brings it back. What is
 * pruned is 0 also where its gradient or moment is infinite or NaN.
 *
 * The mask is not saved with model or optimizer: after loading, mask the new optimizer again.
 *
 * @param optimizer of TensorFlow.js, new or in use; it is changed and given back. `dispose()` frees the mask, too
 * @param mask whose layers have the names of variables, as masks of a `tf.LayersModel` do
 * @param options settings
 * @param options.model the model that is trained; needed where several in this process have the same names
 * @throws TypeError for what is no optimizer, mask or model
 * @throws RangeError if a layer is no variable of this name and shape, or several models have it
 * @example
 * model.compile({ optimizer: maskOptimizer(tf.train.momentum(0.01, 0.9), mask), loss: 'categoricalCrossentropy' });
 */
export function maskOptimizer<O extends Optimizer>(optimizer: O, mask: Mask, options: MaskOptimizerOptions = {}): O {
  if (typeof (optimizer as Partial<Optimizer> | null)?.applyGradients !== 'function') {
    throw new TypeError(complaint('maskOptimizer', 'optimizer', optimizer, 'an optimizer of TensorFlow.js', "As tf.train.adam(), not 'adam'.")); // prettier-ignore
  }
  requireMask('maskOptimizer', mask);
  checkOptions<MaskOptimizerOptions>('maskOptimizer', options, { model: 0 });
  if (options.model !== undefined && !isLayersModel(options.model)) {
    throw new TypeError(complaint('maskOptimizer', 'model', options.model, 'a tf.LayersModel', 'Give the model that is compiled with it.')); // prettier-ignore
  }
  const own = options.model === undefined ? null : variablesOf(options.model);
  const variables = mask.layers.map((layer) => (own === null ? variableOf(layer) : own.get(layer.name)));
  requireLayout('maskOptimizer', mask, mask.layers.flatMap(({ name }, i) => (variables[i] ? [{ name, shape: variables[i].shape }] : []))); // prettier-ignore
  const kept = new Map(
    mask.layers.map((layer, i) => [variables[i]!.name, tf.keep(tf.tensor(maskValues(layer), [...layer.shape], 'bool'))]), // prettier-ignore
  );
  const zero = (variable: Variable, name: string) => tf.tidy(() => variable.assign(keepWhere(kept.get(name)!, variable))); // prettier-ignore
  const zeroWeights = () => variables.forEach((variable) => zero(variable!, variable!.name));

  zeroWeights();
  for (const { originalName, variable } of slotsOf(optimizer)) {
    const name = originalName.slice(0, originalName.lastIndexOf('/'));
    if (kept.has(name)) zero(variable, name);
  }

  const applyGradients = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = (given) => {
    const list: { name: string; tensor: Tensor | null }[] = Array.isArray(given)
      ? given
      : Object.entries(given).map(([name, tensor]: [string, Tensor]) => ({ name, tensor }));
    tf.tidy(() => {
      applyGradients(
        list.map(({ name, tensor }) => {
          const own = kept.get(name);
          return own === undefined || tensor === null
            ? { name, tensor: tensor! }
            : { name, tensor: keepWhere(own, tensor) };
        }),
      );
    });
    zeroWeights();
  };
  const dispose = optimizer.dispose.bind(optimizer);
  optimizer.dispose = () => {
    tf.dispose([...kept.values()]);
    dispose();
  };
  return optimizer;
}
