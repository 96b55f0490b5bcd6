/** Checkpoints of Hugging Face's transformers: `config.json` and `model.safetensors`. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { complaint, integer, invalid, options as checkOptions } from '@assay-ml/numerics/check';

import { initialise } from './initialise.js';
import { bert, type Encoder, type Pooling } from './nets/bert.js';
import { type Decoder, llama } from './nets/llama.js';
import type { Network, ParameterSpec, Weights } from './network.js';
import { decodeSafetensors, encodeSafetensors, type Entry, FileCorrupt } from './safetensors.js';

/** A network that such checkpoints are of. */
export type Transformer = Decoder | Encoder;

/** What `config.json` holds, of which this is read. */
export type HuggingFaceConfig = Readonly<Record<string, unknown>>;

/** What `loadHuggingFace` may be told. */
export interface HuggingFaceOptions {
  /** Tensors that are left out: names of the file, or, with a dot at the end, all that begin so. Default none. */
  readonly omit?: readonly string[];
  /** Layers that are kept, the first ones; those after them are left out. Default all of the file's. */
  readonly layers?: number;
  /** Of an encoder. Default `mean`. */
  readonly pooling?: Pooling;
  /** Logits of an encoder's head; one that the file lacks starts as `initialise` has it. Default null: no head. */
  readonly classes?: number | null;
  /** Of an encoder, the id that ends a segment. Default null: all is of the first. */
  readonly separator?: number | null;
  /** Longest sequence, where it is shorter than the file's; of decoders only. Default the file's. */
  readonly context?: number;
  /** Of a head that the file lacks. Default 0. */
  readonly seed?: number;
}

/** Number of the layer that a tensor of a file belongs to. */
const LAYER = /(?:^|\.)(?:layer|layers)\.(\d+)\./;

/** Buffers in files of older versions that are no weights: they follow from the configuration. */
const CONSTANTS = /(^|\.)(position_ids|inv_freq)$/;

/**
 * The network of a checkpoint and its weights. Kernels, [out, in] in the file, are transposed; F16, BF16 and F64 become float32;
 * position ids and rotary frequencies, which are no weights, are left out.
 * @param bytes `model.safetensors`
 * @param config `config.json`, parsed: LLaMA's without grouped heads, scaled positions or biases, or BERT's
 * @param options settings
 * @returns tensors that the caller disposes of
 * @throws RangeError for a configuration of another kind; FileCorrupt for bytes that are no such file, or whose tensors are not those
 *   of the network, with a table of what is missing, surplus or of another shape
 */
export function loadHuggingFace(
  bytes: Uint8Array,
  config: HuggingFaceConfig,
  options: HuggingFaceOptions = {},
): { network: Transformer; weights: Weights } {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(complaint('loadHuggingFace', 'bytes', bytes, 'a Uint8Array', 'Read the file whole.')); // prettier-ignore
  checkOptions<HuggingFaceOptions>('loadHuggingFace', options, { omit: 0, layers: 0, pooling: 0, classes: 0, separator: 0, context: 0, seed: 0 }); // prettier-ignore
  const { omit = [], layers = Infinity, seed = 0 } = options;
  integer('loadHuggingFace', 'seed', seed, 0, 'Any of 0, 1, 2, … will do.');
  const network = networkOf(config, options);
  const { entries } = decodeSafetensors(bytes, { omit });
  const given = new Map<string, Entry>();
  for (const [name, entry] of Object.entries(entries)) {
    const left =
      omit.some((what) => name === what || (what.endsWith('.') && name.startsWith(what))) ||
      Number(LAYER.exec(name)?.[1] ?? -1) >= layers;
    // A BERT with a head keeps the encoder under a prefix.
    if (!left && !CONSTANTS.test(name)) given.set(name.replace(/^bert\./, ''), entry);
  }
  const heads = network.parameters.filter(({ role }) => role === 'classifier' || role === 'classifier-bias');
  const drawn = heads.some((spec) => given.has(nameThere(spec))) ? [] : heads;
  const loaded = network.parameters.filter((spec) => !drawn.includes(spec));
  check(network, loaded, given);
  const parameters = loaded.map((spec): Tensor => {
    const { data, shape } = given.get(nameThere(spec))!;
    const values = Float32Array.from(data);
    return tf.tensor(isKernel(spec) ? transposed(values, shape) : values, [...spec.shape], 'float32');
  });
  // A head is last.
  const head = initialise({ ...network, parameters: drawn }, { seed });
  return { network, weights: { parameters: [...parameters, ...head.parameters], buffers: [] } };
}

/**
 * Weights as a checkpoint that transformers reads: `bytes` for `model.safetensors`, `config` for `config.json`.
 * @throws TypeError for a network that is neither `llama()` nor `bert()`
 */
export async function saveHuggingFace(
  network: Transformer,
  weights: Weights,
): Promise<{ bytes: Uint8Array; config: HuggingFaceConfig }> {
  requireTransformer('saveHuggingFace', network);
  const prefix = classifies(network) ? 'bert.' : '';
  const entries = await Promise.all(
    network.parameters.map(async (spec, i): Promise<[string, Entry]> => {
      const values = await weights.parameters[i]!.data<'float32'>();
      const name = nameThere(spec);
      const shape = shapeThere(spec);
      return [
        name.startsWith('classifier.') ? name : prefix + name,
        { shape, data: isKernel(spec) ? transposed(values, spec.shape) : values },
      ];
    }),
  );
  return { bytes: encodeSafetensors(Object.fromEntries(entries), { format: 'pt' }), config: configOf(network) };
}

/**
 * The tensors of a network under the names and shapes of Hugging Face's checkpoints, where kernels are [out, in].
 * @throws TypeError for a network that is neither `llama()` nor `bert()`
 */
export function huggingFaceShapes(network: Transformer): Pick<ParameterSpec, 'name' | 'role' | 'shape'>[] {
  requireTransformer('huggingFaceShapes', network);
  return network.parameters.map((spec) => ({ name: nameThere(spec), role: spec.role, shape: shapeThere(spec) }));
}

function requireTransformer(where: string, network: Network): void {
  if (['llama', 'bert'].includes((network as Partial<Network> | null)?.name ?? '') && 'config' in network) return;
  throw new TypeError(complaint(where, 'network', network, 'a decoder or an encoder', 'llama() and bert() make them.'));
}

/** As BertForSequenceClassification, which keeps the encoder under a prefix. */
const classifies = ({ name, config }: Transformer) =>
  name === 'bert' && config.classes !== null && config.pooling === 'pooler';
const isKernel = ({ name }: ParameterSpec) => name.endsWith('.kernel');
const nameThere = ({ name }: ParameterSpec) => name.replace(/\.kernel$/, '.weight');
const shapeThere = (spec: ParameterSpec) => (isKernel(spec) ? [...spec.shape].reverse() : spec.shape);

/** A matrix of this shape, transposed. */
function transposed(values: Float32Array, [rows, columns]: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows!; r++) {
    for (let c = 0; c < columns!; c++) out[c * rows! + r] = values[r * columns! + c]!;
  }
  return out;
}

function check({ name: network }: Network, specs: readonly ParameterSpec[], given: ReadonlyMap<string, Entry>): void {
  const needed = new Map(specs.map((spec) => [nameThere(spec), `[${shapeThere(spec).join(', ')}]`]));
  const shown = (entry: Entry | undefined) => {
    if (!entry) return 'none';
    const whole = entry.data instanceof Float32Array || entry.data instanceof Float64Array;
    return `[${entry.shape.join(', ')}]${whole ? '' : ` of ${entry.data.constructor.name}`}`;
  };
  const rows = [...new Set([...needed.keys(), ...given.keys()])]
    .map((name) => ({ name, has: shown(given.get(name)), needs: needed.get(name) ?? 'none' }))
    .filter(({ has, needs }) => has !== needs)
    .map(({ name, has, needs }) => `\n  ${name}: ${has} in the file, ${needs} in the network`);
  if (rows.length === 0) return;
  throw new FileCorrupt(
    `loadHuggingFace: the file does not fit '${network}'; must have each tensor with its shape. Take the config.json beside it, and leave out with 'omit' what is surplus.${rows.join('')}`,
  );
}

/** The network of a `config.json`. */
function networkOf(config: HuggingFaceConfig, options: HuggingFaceOptions): Transformer {
  if (typeof config !== 'object' || config === null) throw new TypeError(complaint('loadHuggingFace', 'config', config, 'an object', 'Parse config.json.')); // prettier-ignore
  const { layers, pooling, classes, separator, context } = options;
  const number = (name: string, otherwise?: number): number => {
    const value = config[name] ?? otherwise;
    if (typeof value === 'number') return value;
    throw invalid('loadHuggingFace', `config.${name}`, value, 'a number', 'It is what config.json has.');
  };
  /** What is not there to be computed is refused, not left out. */
  const only = (name: string, allowed: readonly unknown[]) => {
    const value = config[name] ?? null;
    if (!allowed.includes(value)) throw invalid('loadHuggingFace', `config.${name}`, value, allowed.map((a) => (a === null ? 'left out' : `'${String(a)}'`)).join(' or '), 'Such models are not supported.'); // prettier-ignore
  };
  only('model_type', ['llama', 'bert']);
  const sizes = {
    vocabulary: number('vocab_size'),
    width: number('hidden_size'),
    hidden: number('intermediate_size'),
    layers: layers ?? number('num_hidden_layers'),
    heads: number('num_attention_heads'),
  };
  const there = number('num_hidden_layers');
  if (sizes.layers > there) throw invalid('loadHuggingFace', 'layers', sizes.layers, `at most ${there}, those of the file`, 'Leave it out for all.'); // prettier-ignore
  if (config['model_type'] === 'llama') {
    only('hidden_act', ['silu', null]);
    only('num_key_value_heads', [sizes.heads, null]);
    only('head_dim', [sizes.width / sizes.heads, null]);
    only('rope_scaling', [null]);
    only('attention_bias', [false, null]);
    only('mlp_bias', [false, null]);
    return llama({
      ...sizes,
      context: context ?? number('max_position_embeddings'),
      tied: config['tie_word_embeddings'] === true,
      epsilon: number('rms_norm_eps', 1e-6),
      base: number('rope_theta', 10_000),
    });
  }
  only('hidden_act', ['gelu', null]);
  only('position_embedding_type', ['absolute', null]);
  return bert({
    ...sizes,
    context: number('max_position_embeddings'),
    segments: number('type_vocab_size', 2),
    padding: number('pad_token_id', 0),
    epsilon: number('layer_norm_eps', 1e-12),
    ...(separator === undefined ? {} : { separator }),
    ...(pooling === undefined ? {} : { pooling }),
    ...(classes === undefined ? {} : { classes }),
  });
}

function configOf(network: Transformer): HuggingFaceConfig {
  const { name, config } = network;
  const sizes = {
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    max_position_embeddings: config.context,
    initializer_range: 0.02,
    torch_dtype: 'float32',
  };
  if (name === 'llama') {
    return {
      ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', ...sizes, num_key_value_heads: config.heads },
      ...{
        hidden_act: 'silu',
        rms_norm_eps: config.epsilon,
        rope_theta: config.base,
        tie_word_embeddings: config.tied,
      },
    };
  }
  return {
    architectures: [classifies(network) ? 'BertForSequenceClassification' : 'BertModel'],
    ...{ model_type: 'bert', ...sizes, type_vocab_size: config.segments, pad_token_id: config.padding },
    ...{ hidden_act: 'gelu', layer_norm_eps: config.epsilon, position_embedding_type: 'absolute' },
    ...(config.classes === null ? {} : { num_labels: config.classes }),
  };
}
