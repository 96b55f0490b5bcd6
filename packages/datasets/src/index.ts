export {
  catalogue,
  type Archive,
  type CifarDataset,
  type DataFile,
  type Dataset,
  type DatasetName,
  type IdxDataset,
  type RecordFile,
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
export { DataCorrupt, DataMissing, DownloadFailed, isDataMissing } from './errors.js';
export { parseIdx, streamIdx, type IdxArray, type IdxRecords } from './idx.js';
export { streamLibsvm, type SparseRows } from './libsvm.js';
export { fashionMnist, gather, mnist, type LabelledImages, type LoadOptions } from './images.js';
export { cacheFolder, howToGet, locate, type LocateOptions, type Split } from './locate.js';
export {
  partitionByClass,
  partitionByQuantity,
  partitionDirichlet,
  partitionIid,
  type CappedPartitionOptions,
  type PartitionOptions,
} from './partition.js';
export { untar, type UntarOptions } from './untar.js';
