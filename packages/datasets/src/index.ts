export { allMiniLM, type ModelFiles } from './all-minilm.js';
export { augmentBatch, cropFlip, type Augment } from './augment.js';
export { batches, type Batch, type BatchOptions } from './batches.js';
export { brown, parseBrown, type BrownDocument, type BrownOptions, type BrownSentence } from './brown.js';
export { c4, type C4Options } from './c4.js';
export {
  catalogue,
  type Archive,
  type CifarDataset,
  type DataFile,
  type Dataset,
  type DatasetName,
  type FileDataset,
  type FileDatasetName,
  type IdxDataset,
  type NpmPackage,
  type PublishedFile,
  type RecordFile,
  type Wheel,
} from './catalogue.js';
export { cifar10, cifar100, parseCifar, type CifarRecords, type ColourImages } from './cifar.js';
export { streamCsv, type CsvOptions, type NumericRows } from './csv.js';
export {
  download,
  downloadDataset,
  type DownloadHooks,
  type DownloadOptions,
  type DownloadProgress,
} from './download.js';
export { groupOf, labelGroup, shiftLabels, turnQuarters } from './disagreement.js';
export { downsample } from './downsample.js';
export { DataCorrupt, DataMissing, DownloadFailed, isDataMissing } from './errors.js';
export { examples, type Examples } from './examples.js';
export type { FolderOptions } from './files.js';
export { gaussProto, type GaussProtoOptions } from './gauss-proto.js';
export { glue, parseGlue, type GlueExamples, type GlueOptions, type GlueTask } from './glue.js';
export { gutenberg, type GutenbergBook } from './gutenberg.js';
export { parseIdx, streamIdx, type IdxArray, type IdxRecords } from './idx.js';
export { streamLibsvm, type SparseRows } from './libsvm.js';
export { fashionMnist, gather, mnist, type LabelledImages, type LoadOptions } from './images.js';
export { cityLearn2022 } from './citylearn.js';
export { cacheFolder, howToGet, locate, type LocateOptions, type Split } from './locate.js';
export { markovText, type MarkovTextOptions } from './markov.js';
export { CIFAR10_NORMALISATION, measureNormalisation, normalise, type Normalisation } from './normalise.js';
export {
  partitionByClass,
  partitionByQuantity,
  partitionDirichlet,
  partitionIid,
  type CappedPartitionOptions,
  type PartitionOptions,
} from './partition.js';
export { prefetch } from './prefetch.js';
export { proceduralImages, type ProceduralImagesOptions } from './procedural-images.js';
export { drawShape, SHAPES, shapes, type ShapesOptions } from './shapes.js';
export { disturbedSentences, sentencePairs, type SentenceExamples, type SentenceOptions } from './sentence-tasks.js';
export { stratifiedSplit } from './split.js';
export type { Parts, PartSizes } from './synthetic.js';
export { tinyShakespeare } from './tiny-shakespeare.js';
export { readTokenizer, type TokenBatch, type TokenBatchOptions, type Tokenizer } from './tokenizer.js';
export { untar, type UntarOptions } from './untar.js';
export { byteVocabulary, characterVocabulary, type CharacterVocabulary, type Vocabulary } from './vocabulary.js';
export { randomWindows, windows, type WindowBatch, type WindowOptions } from './windows.js';
