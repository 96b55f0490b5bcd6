/** Which Python wheels carry the native TensorFlow of a machine, and the bytes that were seen. */
import { UsageError } from '../usage-error.js';

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
 * @throws UsageError for a machine that has none, CUDA elsewhere than on Linux x64, a version that is not one or is too
 *   old to carry the library
 */
export function tensorflowWheel({ platform, arch, flavour, version }: Target): Requirement {
  const machine = `${platform} ${arch}`;
  const tag = PLATFORMS[machine];
  if (tag === undefined) {
    throw new UsageError(
      `native: no wheel carries TensorFlow's library for ${machine}; must be ${Object.keys(PLATFORMS).join(', ')}. ` +
        'The wasm backend works here.',
    );
  }
  if (flavour === 'cuda' && machine !== 'linux x64') {
    throw new UsageError(`native: --cuda is for linux x64, and this is ${machine}. Leave it out.`);
  }
  const [, major = 0, minor = 0] = /^(\d+)\.(\d+)\.\d+$/.exec(version)?.map(Number) ?? [];
  if (!(major > 2 || (major === 2 && minor >= 12))) {
    throw new UsageError(
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
