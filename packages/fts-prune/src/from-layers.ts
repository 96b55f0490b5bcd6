import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { invalid } from '@assay-ml/numerics/check';

import type { Buffer, Model, Parameter, Role, Values } from './model.js';

type Weight = LayersModel['weights'][number];

/** What is read of a layer beyond its public type. */
interface Ending {
  readonly name: string;
  readonly layers?: unknown;
  readonly outputs?: readonly { readonly sourceLayer: Ending }[];
  activation?: { getClassName(): string; apply(x: Tensor): Tensor };
  call(inputs: Tensor | Tensor[], kwargs: unknown): Tensor | Tensor[];
  getClassName(): string;
}

/** The model to score and prune: a stock `tf.LayersModel` as {@link fromLayers} sees it, any other as it is. */
export function asModel(given: Model | LayersModel): Model {
  // Told by its parts: two copies of the library have two classes.
  const isLayers = ['layers', 'trainableWeights', 'nonTrainableWeights', 'apply'].every((key) => key in given);
  return isLayers ? fromLayers(given as LayersModel) : (given as Model);
}

const lastPart = ({ originalName }: Weight) => originalName.split('/').at(-1)!;

function roleOf(weight: Weight, classifier: ReadonlySet<Weight>): Role {
  const part = lastPart(weight);
  if (part.endsWith('kernel')) return classifier.has(weight) ? 'classifier' : 'kernel';
  if (part === 'bias') return classifier.has(weight) ? 'classifier-bias' : 'bias';
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

/** Layers, and those inside nested models. */
const flat = (layers: LayersModel['layers']): LayersModel['layers'] =>
  layers.flatMap((layer) => ('layers' in layer ? flat(layer.layers as typeof layers) : [layer]));

/** The layer that a model's output comes from, inside nested models. */
function ending(model: LayersModel): Ending {
  let layer = model.outputs[0]!.sourceLayer as unknown as Ending;
  while (layer.layers !== undefined && layer.outputs !== undefined) layer = layer.outputs[0]!.sourceLayer;
  return layer;
}

/**
 * A stock `tf.LayersModel`, to be scored and pruned in place: masks are written into its variables.
 *
 * Roles come from the names of weights: `…kernel`, `bias`, `gamma`, `beta`; those of the last dense layer are the
 * classifier's. A softmax at the end is left out while scoring, so that losses see logits.
 * @throws RangeError for a model with several inputs or outputs, or one that is not built yet
 */
export function fromLayers(model: LayersModel): Model {
  if (model.inputs?.length !== 1 || model.outputs?.length !== 1) {
    throw invalid('fromLayers', 'model', `${model.inputs?.length ?? 0} inputs and ${model.outputs?.length ?? 0} outputs`, 'one input and one output, built', 'Give the first layer an inputShape; wrap a model of several into one.'); // prettier-ignore
  }
  const dense = flat(model.layers)
    .filter((layer) => layer.getClassName() === 'Dense')
    .at(-1);
  const classifier = new Set(dense?.weights);
  const trainable = model.trainableWeights;
  const fixed = model.nonTrainableWeights;
  const names = namesOf([...trainable, ...fixed]);
  const last = ending(model);
  const activation = last.getClassName() === 'Softmax' ? 'softmax' : (last.activation?.getClassName() ?? 'linear');
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
      if (last.getClassName() === 'Softmax') replace(last, 'call', (inputs) => [inputs].flat()[0]!);
      else if (activation === 'softmax') replace(last, 'activation', { getClassName: () => 'linear', apply: (y) => y });
      return model.apply(x, { training: false }) as Tensor;
    } finally {
      for (const step of undo) step();
    }
  };

  return {
    name: model.name,
    inputShape: model.inputs[0]!.shape.slice(1),
    classes: activation === 'linear' || activation === 'softmax' ? (outputShape.at(-1) ?? null) : null,
    parameters: trainable.map((weight, i): Parameter => ({ name: names[i]!, role: roleOf(weight, classifier), shape: weight.shape as number[] })), // prettier-ignore
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
