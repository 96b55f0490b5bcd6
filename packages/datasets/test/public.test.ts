import { expect, it } from 'vitest';

import * as datasets from '../src/index.js';

it('exports these names and no other', () => {
  expect(Object.keys(datasets).sort()).toEqual([
    'DataCorrupt',
    'DataMissing',
    'DownloadFailed',
    'cacheFolder',
    'catalogue',
    'download',
    'downloadDataset',
    'fashionMnist',
    'gather',
    'howToGet',
    'isDataMissing',
    'locate',
    'mnist',
    'parseIdx',
    'partitionByClass',
    'partitionByQuantity',
    'partitionDirichlet',
    'partitionIid',
    'streamCsv',
    'streamIdx',
    'streamLibsvm',
  ]);
});
