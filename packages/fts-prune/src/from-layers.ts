import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { complaint, invalid } from '@assay-ml/numerics/check';

import { endingOf, layoutsOf } from './layer-graph.js';
import type { Buffer, Model, Parameter, Role, Values } from './model.js';

type Weight = LayersModel['weights'][number];

/** Told by its parts: two copies of the library have two classes. */
export const isLayersModel = (given: unknown): given is LayersModel =>
  has(given, ['layers', 'trainableWeights', 'nonTrainableWeights', 'apply']);

const has = (given: unknown, parts: readonly string[]) =>
  typeof given === 'object' && given !== null && parts.every((part) => part in given);

/**
 * The model to score and prune: a stock `tf.LayersModel` as {@link fromLayers} sees it, any other as it is.
 * @throws TypeError for what is neither
 */
export function asModel(where: string, given: Model | LayersModel): Model {
  if (isLayersModel(given)) return fromLayers(given);
  if (has(given, ['parameters', 'buffers', 'values', 'write', 'forward'])) return given;
  throw new TypeError(complaint(where, 'model', given, 'a tf.LayersModel or a model of fromNetwork()', 'Load weights into a model first.')); // prettier-ignore
}

const lastPart = ({ originalName }: Weight) => originalName.split('/').at(-1)!;

function roleOf(weight: Weight, classifier: ReadonlySet<string>): Role {
  const part = lastPart(weight);
  if (part.endsWith('kernel')) return classifier.has(weight.name) ? 'classifier' : 'kernel';
  if (part === 'bias') return classifier.has(weight.name) ? 'classifier-bias' : 'bias';
  return ({ gamma: 'norm-scale', beta: 'norm-offset' } as const)[part] ?? 'other';
}

const bufferKinds: Readonly<Record<string, Buffer['kind']>> = { moving_mean: 'mean', moving_variance: 'variance' };

/**
 * Names of weights that stay the same when a model is saved and loaded: the engine's own are numbered on where a name was
 * taken before. Only a name that a model has twice is left numbered.
 */
function namesOf(weights: readonly Weight[]): string[] {
  const counts = new Map<string, number>();
  for (const { originalName } of weights) counts.set(originalName, (counts.get(originalName) ?? 0) + 1);
  return weights.map(({ originalName, name }) => (counts.get(originalName) === 1 ? originalName : name));
}

/**
 * The weights of a model as parameters, frozen ones last, and buffers, with the names of all of them in this order. What
 * only a frozen layer keeps from training is a parameter, so that freezing renames and removes nothing.
 */
export function namedWeights(model: LayersModel): {
  readonly parameters: readonly Weight[];
  readonly buffers: readonly Weight[];
  readonly names: readonly string[];
} {
  const fixed = model.nonTrainableWeights;
  const isBuffer = (weight: Weight) => lastPart(weight) in bufferKinds;
  const frozen = fixed.filter((weight) => !isBuffer(weight));
  const parameters = [...model.trainableWeights, ...frozen];
  const buffers = fixed.filter(isBuffer);
  return { parameters, buffers, names: namesOf([...parameters, ...buffers]) };
}

/**
 * A stock `tf.LayersModel`, to be scored and pruned in place: masks are written into its variables.
 *
 * Roles come from the names of weights: `…kernel`, `bias`, `gamma`, `beta`; those of the dense layer or convolution that the
 * outputs come from are the classifier's, found by the graph. A softmax at the end is left out while scoring, so that losses
 * see logits. Where the model ends in another layer, `warnings` says so, and the default loss is refused unless a softmax
 * makes the outputs.
 * @throws TypeError for what is no such model
 * @throws RangeError for a model with several inputs or outputs, or one that is not built yet
 */
export function fromLayers(model: LayersModel): Model {
  if (!isLayersModel(model)) {
    throw new TypeError(complaint('fromLayers', 'model', model, 'a tf.LayersModel', 'Networks go through fromNetwork().')); // prettier-ignore
  }
  if (model.inputs?.length !== 1 || model.outputs?.length !== 1) {
    throw invalid('fromLayers', 'model', `${model.inputs?.length ?? 0} inputs and ${model.outputs?.length ?? 0} outputs`, 'one input and one output, built', 'Give the first layer an inputShape; wrap a model of several into one.'); // prettier-ignore
  }
  const { final, softmax, logits, last } = endingOf(model);
  const classifier = new Set(final?.weights.map(({ name }) => name));
  const { parameters: trainable, buffers: fixed, names } = namedWeights(model);
  const trains = new Set(model.trainableWeights);
  const layouts = layoutsOf(model);
  const outputShape = model.outputs[0]!.shape;

  const run = (values: Values, x: Tensor): Tensor => {
    const undo: (() => void)[] = [];
    const replace = <T extends object, K extends keyof T>(object: T, key: K, value: T[K]) => {
      const own = Object.getOwnPropertyDescriptor(object, key);
      undo.push(() => {
        if (own === undefined) Reflect.deleteProperty(object, key);
        else Object.defineProperty(object, key, own);
      });
      object[key] = value;
    };
    try {
      [...trainable, ...fixed].forEach((weight, i) => {
        const value = values.parameters[i] ?? values.buffers[i - trainable.length]!;
        replace(weight, 'read', () => value);
      });
      if (softmax?.getClassName() === 'Softmax') replace(softmax, 'call', (inputs) => [inputs].flat()[0]!);
      else if (softmax !== null) replace(softmax, 'activation', { getClassName: () => 'linear', apply: (y) => y });
      return model.apply(x, { training: false }) as Tensor;
    } finally {
      for (const step of undo) step();
    }
  };

  return {
    name: model.name,
    inputShape: model.inputs[0]!.shape.slice(1),
    classes: logits ? (outputShape.at(-1) ?? null) : null,
    parameters: trainable.map((weight, i): Parameter => ({
      name: names[i]!,
      role: roleOf(weight, classifier),
      shape: weight.shape as number[],
      ...(layouts.get(weight.name) !== 'outputs-last' && { layout: layouts.get(weight.name) ?? null }),
      ...(!trains.has(weight) && { trainable: false }),
    })),
    warnings:
      final === null
        ? [
            `'${model.name}' ends in '${last.name}' (${last.getClassName()}), no dense layer or convolution: no layer is taken for the classifier, and every kernel may be pruned. Name those that may by isPrunable.`,
          ]
        : [],
    buffers: fixed.map((weight, i): Buffer => ({
      name: names[trainable.length + i]!,
      kind: bufferKinds[lastPart(weight)] ?? 'other',
    })),
    values: () => ({ parameters: trainable.map((weight) => weight.read()), buffers: fixed.map((weight) => weight.read()) }), // prettier-ignore
    write({ parameters, buffers }) {
      trainable.forEach((weight, i) => weight.write(parameters[i]!));
      fixed.forEach((weight, i) => weight.write(buffers[i]!));
    },
    forward: run,
    async updateStatistics(batches, passes) {
      for (let pass = 0; pass < passes; pass++) {
        for await (const { x } of batches()) tf.tidy(() => void model.apply(x, { training: true }));
      }
    },
    async train(batches, epochs) {
      if ((model as { optimizer?: unknown }).optimizer === undefined) {
        throw new Error(
          `prune: warm-up 'epochs' needs a compiled model; '${model.name}' has no optimizer. Call model.compile(), or give warmUp.train.`,
        );
      }
      for (let epoch = 0; epoch < epochs; epoch++) {
        for await (const { x, y } of batches()) {
          const labels = tf.cast(y, 'float32'); // what the losses of tfjs-layers take, class numbers included
          await model.trainOnBatch(x, labels);
          labels.dispose();
        }
      }
    },
  };
}
