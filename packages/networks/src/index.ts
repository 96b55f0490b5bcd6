export type { BufferSpec, LowRank, Network, ParameterSpec, Role, StatisticsSink, Tokens, Weights } from './network.js';
export type { ImageOptions, NormedOptions } from './nets/image.js';
export { bert, type BertOptions, type Encoder, type Pooling } from './nets/bert.js';
export { cifarCnn } from './nets/cifar-cnn.js';
export { type Cache, type Decoder, LLAMA, llama, type LlamaName, type LlamaOptions } from './nets/llama.js';
export { mlp } from './nets/mlp.js';
export { resnet18, resnetMini } from './nets/resnet.js';
export { smallCnn } from './nets/small-cnn.js';
export { vgg19, vgg8, vggMini } from './nets/vgg.js';
export { type Activation, type Tower, tower, type TowerOptions } from './nets/tower.js';
export { initialise } from './initialise.js';
export type { Scheme } from './scheme.js';
export type { Augment, Batch, Dataset, Inputs, Source } from './data.js';
export { checkRate, cosineSchedule, type Rate, rateAt, type Schedule, stepSchedule } from './schedule.js';
export { sgd, type Mask, type SgdOptions, type SgdState } from './sgd.js';
export { adam, type AdamOptions, type AdamState } from './adam.js';
export type { ArrayOptimiser, Optimiser, SgdMoments, TensorOptimiser, Trained } from './optimiser.js';
export { type BatchLoss, fit, type FitOptions, type FitState } from './fit.js';
export { train, type Progress, type TrainOptions, type TrainState } from './train.js';
export { freeze, type Frozen } from './freeze.js';
export { generate, type GenerateOptions } from './generate.js';
export {
  type HuggingFaceConfig,
  type HuggingFaceOptions,
  huggingFaceShapes,
  loadHuggingFace,
  saveHuggingFace,
  type Transformer,
} from './hugging-face.js';
export { evaluate, type Evaluation } from './evaluate.js';
export { updateStatistics, type StatisticsOptions } from './statistics.js';
export { Diverged } from './errors.js';
export { loadState, loadWeights, saveState, saveWeights } from './files.js';
export {
  decodeSafetensors,
  type DecodeOptions,
  encodeSafetensors,
  type Entry,
  FileCorrupt,
  readSafetensorsHeader,
  type TensorHeader,
} from './safetensors.js';
