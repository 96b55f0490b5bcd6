/** Which Python wheels carry the native TensorFlow and the BLAS of a machine, and the bytes that were seen. */
import { SetUpError } from './set-up-error.js';

/** What native TensorFlow is asked for. */
export interface Target {
  /** As `process.platform` and `process.arch` name them. */
  readonly platform: string;
  readonly arch: string;
  readonly flavour: 'cpu' | 'cuda';
  /** Version of TensorFlow. */
  readonly version: string;
}

/** A wheel as pip is asked for it. */
export interface Requirement {
  readonly name: string;
  readonly version: string;
  /** pip's name of the platform. */
  readonly platform: string;
}

/** The version that is set up unless another is asked for; the newest that the binding's own tests were seen with. */
export const TENSORFLOW = '2.15.1';

/** sha256 of wheels that were fetched and, for Linux x64, computed with. Another wheel is held to the index's hash. */
export const SEEN: Readonly<Record<string, string>> = {
  'tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl':
    '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl':
    'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
  'tensorflow-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl':
    'bb0edd69103c154245c5f209f0507355cc68ba7e4de350084bc31edc562478e4',
  'tensorflow_cpu_aws-2.15.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl':
    'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
  'tensorflow-2.20.0-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl':
    '3e9568c8efcb05c0266be223e3269c62ebf7ad3498f156438311735f6fa5ced5',
  'tensorflow-2.15.1-cp311-cp311-macosx_10_15_x86_64.whl':
    '6761efe511e6ee0f893f60738fefbcc51d6dc386eeaaafea59d21899ef369ffd',
  'tensorflow-2.15.1-cp311-cp311-macosx_12_0_arm64.whl':
    'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
  'tensorflow-2.20.0-cp311-cp311-macosx_12_0_arm64.whl':
    '5f964016c5035d09b85a246a6b739be89282a7839743f3ea63640224f0c63aee',
  'scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl':
    '0595f94cd58c1f8a0d90c975621f4587337a003916b1979e834ebdf2cb5d9504',
  'scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl':
    'e085dddbc5b9aa130f83def515d31c440e69f387a90c7e63b154a5575b4466bc',
  'scipy_openblas32-0.3.34.481.3-py3-none-musllinux_1_2_x86_64.whl':
    '46fac855d3c05004f9ee111eeeeb0aeb076c6411fc6f87c34a49b8ba729c4c38',
  'scipy_openblas32-0.3.34.481.3-py3-none-musllinux_1_2_aarch64.whl':
    '88b00ba6a232fe958695403f6f71858fb23c3c9ce561c467e787e5d46ace16ca',
  'scipy_openblas32-0.3.34.481.3-py3-none-macosx_10_13_x86_64.whl':
    '85d42ee10fd207ed6014273dcb9236ab1a65d21357f278b3aa0a78e8189665a8',
  'scipy_openblas32-0.3.34.481.3-py3-none-macosx_11_0_arm64.whl':
    '813bb8101da2f64555c4a5e71c3714539d92b0b4f1841ec12b80d50e56cde46c',
  'scipy_openblas32-0.3.34.481.3-py3-none-win_amd64.whl':
    '963e311354df08856c22aad17d77209448d2d8fc3bc4b3b1d87912828797cf13',
  'scipy_openblas32-0.3.34.481.3-py3-none-win_arm64.whl':
    '64b1637b1c0495552351743e6f5d8bb50828aaea5821bb8d998927837256bda9',
};

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux x64': 'manylinux2014_x86_64',
  'linux arm64': 'manylinux2014_aarch64',
  'darwin x64': 'macosx_10_15_x86_64',
  'darwin arm64': 'macosx_12_0_arm64',
};

/** Only what was run is called tested. */
export const isTested = ({ platform, arch, flavour }: Omit<Target, 'version'>): boolean =>
  platform === 'linux' && arch === 'x64' && flavour === 'cpu';

/**
 * The wheel with TensorFlow's library and headers.
 * @throws SetUpError for a machine that has none, CUDA elsewhere than on Linux x64, a version that is not one or is too
 *   old to carry the library
 */
export function tensorflowWheel({ platform, arch, flavour, version }: Target): Requirement {
  const machine = `${platform} ${arch}`;
  const tag = PLATFORMS[machine];
  if (tag === undefined) {
    throw new SetUpError(
      `native: no wheel carries TensorFlow's library for ${machine}; must be ${Object.keys(PLATFORMS).join(', ')}. ` +
        'The wasm backend works here.',
    );
  }
  if (flavour === 'cuda' && machine !== 'linux x64') {
    throw new SetUpError(`native: --cuda is for linux x64, and this is ${machine}. Leave it out.`);
  }
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)\.\d+$/.exec(version)?.map(Number) ?? [];
  if (!(major > 2 || (major === 2 && minor >= 12))) {
    throw new SetUpError(
      `native: --tensorflow is '${version}'; must be a version such as ${TENSORFLOW}, 2.12.0 or newer (older wheels lack the library).`,
    );
  }
  // Up to 2.15 the wheel `tensorflow` for Linux arm64 is empty and names this one.
  const old = major === 2 && minor < 16;
  const name =
    machine === 'linux x64' && flavour === 'cpu'
      ? 'tensorflow-cpu'
      : machine === 'linux arm64' && old
        ? 'tensorflow-cpu-aws'
        : 'tensorflow';
  return { name, version, platform: tag };
}

/**
 * The wheels with the CUDA libraries that a TensorFlow wheel was built for: those of its extra `and-cuda`.
 * @param metadata the METADATA file of TensorFlow's wheel
 */
export function nvidiaWheels(metadata: string): Requirement[] {
  const line = /^Requires-Dist: (nvidia-[\w-]+) ?\(?==([\w.]+)\)? ?;.*extra == ['"]and-cuda['"]/gm;
  return [...metadata.matchAll(line)].map(([, name, version]) => ({
    name: name!,
    version: version!,
    platform: PLATFORMS['linux x64']!,
  }));
}

/** What the BLAS is asked for. */
export interface BlasTarget {
  /** As `process.platform` and `process.arch` name them. */
  readonly platform: string;
  readonly arch: string;
  /** Linux without glibc, as Alpine is. */
  readonly musl: boolean;
}

/** The version of `scipy-openblas32` that is set up: the one that was computed with. */
const OPENBLAS = '0.3.34.481.3';

const BLAS_PLATFORMS: Readonly<Record<string, string>> = {
  'linux x64': 'manylinux_2_27_x86_64',
  'linux arm64': 'manylinux_2_27_aarch64',
  'linux x64 musl': 'musllinux_1_2_x86_64',
  'linux arm64 musl': 'musllinux_1_2_aarch64',
  'darwin x64': 'macosx_10_13_x86_64',
  'darwin arm64': 'macosx_11_0_arm64',
  'win32 x64': 'win_amd64',
  'win32 arm64': 'win_arm64',
};

/** Only what was run is called tested. */
export const isBlasTested = ({ platform, arch, musl }: BlasTarget): boolean =>
  platform === 'linux' && arch === 'x64' && !musl;

/** This machine. */
export function blasTarget(): BlasTarget {
  const { platform, arch, report } = process;
  const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return { platform, arch, musl: platform === 'linux' && header.glibcVersionRuntime === undefined };
}

/**
 * The wheel with OpenBLAS and LAPACK, of 32-bit integers.
 * @throws SetUpError for a machine that has none
 */
export function blasWheel({ platform, arch, musl }: BlasTarget): Requirement {
  const machine = `${platform} ${arch}${musl ? ' musl' : ''}`;
  const tag = BLAS_PLATFORMS[machine];
  if (tag === undefined) {
    throw new SetUpError(
      `native: no wheel carries OpenBLAS for ${machine}; must be ${Object.keys(BLAS_PLATFORMS).join(', ')}. ` +
        'The engine wasm works here; a library of your own is named in ASSAY_BLAS.',
    );
  }
  return { name: 'scipy-openblas32', version: OPENBLAS, platform: tag };
}
