/** What is read off the layers of a `tf.LayersModel`: how kernels are laid out, and where its outputs come from. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

import type { Layout } from './layout.js';

type Weight = LayersModel['weights'][number];

/** A value in the graph of a model. */
interface Symbolic {
  readonly sourceLayer: Layer;
  readonly nodeIndex: number;
}

/** What is read of a layer beyond its public type. */
interface Layer {
  readonly name: string;
  readonly weights: Weight[];
  /** Of a nested model. */
  readonly layers?: readonly Layer[];
  readonly outputs?: readonly Symbolic[];
  /** Of wrappers. */
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  /** Of recurrent layers. */
  readonly cell?: Layer;
  readonly cells?: readonly Layer[];
  readonly axis?: number;
  readonly inboundNodes: readonly { readonly inputTensors: readonly Symbolic[] }[];
  activation?: { getClassName(): string; apply(x: Tensor): Tensor };
  call(inputs: Tensor | Tensor[], kwargs: unknown): Tensor | Tensor[];
  getClassName(): string;
}

/** The layouts of the kernels of each kind of layer. */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  Dense: 'outputs-last',
  Embedding: 'outputs-last',
  Conv1D: 'outputs-last',
  Conv2D: 'outputs-last',
  Conv3D: 'outputs-last',
  Conv2DTranspose: 'inputs-last',
  Conv3DTranspose: 'inputs-last',
  DepthwiseConv2D: 'depthwise',
  SeparableConv2D: 'outputs-last', // its pointwise kernel
  SimpleRNNCell: 'outputs-last',
  GRUCell: 'gates-3',
  LSTMCell: 'gates-4',
  ConvLSTM2DCell: 'gates-4',
};

/** Layers that hold no others: cells of recurrent layers, what wrappers wrap, those inside nested models. */
function leaves(layer: Layer): Layer[] {
  const { layers = [], cells = [] } = layer;
  const wrapped = [layer.cell, layer.layer, layer.forwardLayer, layer.backwardLayer].flatMap((inner) => inner ?? []);
  const inside = [...layers, ...cells, ...wrapped];
  return inside.length === 0 ? [layer] : inside.flatMap(leaves);
}

/** Layout of each weight by its name; null where the kind of its layer is not known. */
export function layoutsOf(model: LayersModel): Map<string, Layout | null> {
  const layouts = new Map<string, Layout | null>();
  for (const leaf of (model.layers as unknown as Layer[]).flatMap(leaves)) {
    for (const { name, originalName, shape } of leaf.weights) {
      const own = originalName.endsWith('depthwise_kernel') ? 'depthwise' : LAYOUTS[leaf.getClassName()];
      layouts.set(name, shape.length < 2 ? 'outputs-last' : (own ?? null));
    }
  }
  return layouts;
}

/** Layers whose outputs may be logits. */
const FINAL = new Set(['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose', 'SeparableConv2D']);
/** Layers behind them that keep logits logits. */
const LINEAR = new Set([
  'Flatten', 'Reshape', 'Permute', 'Dropout', 'Cropping2D', 'UpSampling2D', 'ZeroPadding2D', 'RepeatVector',
  'AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D', 'GlobalAveragePooling1D', 'GlobalAveragePooling2D',
]); // prettier-ignore

/** Where a model's outputs come from. */
export interface Ending {
  /** The layer with the last kernel on the way to the output; null where that is no dense layer or convolution. */
  readonly final: Layer | null;
  /** The layer whose softmax makes the outputs; null if none does. */
  readonly softmax: Layer | null;
  /** Whether outputs, without that softmax, are logits. */
  readonly logits: boolean;
  /** The layer that the way back ends at. */
  readonly last: Layer;
}

const unwrapped = (layer: Layer): Layer => (layer.getClassName() === 'TimeDistributed' ? unwrapped(layer.layer!) : layer); // prettier-ignore
const activationOf = ({ activation }: Layer): string => activation?.getClassName() ?? 'linear';
const hasKernel = (layer: Layer) => leaves(layer).some(({ weights }) => weights.some(({ originalName }) => originalName.endsWith('kernel'))); // prettier-ignore

/** Whether a layer ends in a softmax over the last axis. */
function endsInSoftmax(layer: Layer, rank: number): boolean {
  if (layer.getClassName() === 'Softmax') return [-1, rank - 1].includes(layer.axis ?? -1);
  return (FINAL.has(layer.getClassName()) || layer.getClassName() === 'Activation') && activationOf(layer) === 'softmax'; // prettier-ignore
}

/** Goes back from the output, through layers with one input and no kernel, to the layer that decides. */
export function endingOf(model: LayersModel): Ending {
  const outside: Symbolic[] = [];
  let at = model.outputs[0] as unknown as Symbolic;
  let softmax: Layer | null = null;
  let logits = true;
  for (let first = true; ;) {
    const layer = unwrapped(at.sourceLayer);
    if (layer.layers !== undefined && layer.outputs?.length === 1) {
      outside.push(at);
      at = layer.outputs[0]!;
      continue;
    }
    const kind = layer.getClassName();
    if (kind !== 'InputLayer') {
      if (first && endsInSoftmax(layer, model.outputs[0]!.shape.length)) softmax = layer;
      first = false;
      if (FINAL.has(kind)) return { final: layer, softmax, logits: softmax !== null || (logits && activationOf(layer) === 'linear'), last: layer }; // prettier-ignore
      const linear = LINEAR.has(kind) || (kind === 'Activation' && activationOf(layer) === 'linear');
      logits &&= linear || layer === softmax;
    }
    const from = kind === 'InputLayer' ? outside.pop() : at;
    const inputs = from?.sourceLayer.inboundNodes[from.nodeIndex]?.inputTensors ?? [];
    if (inputs.length !== 1 || hasKernel(layer)) return { final: null, softmax, logits: softmax !== null, last: layer };
    at = inputs[0]!;
  }
}
