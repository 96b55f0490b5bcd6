/** Builds of native TensorFlow on this machine: how their folders are called, and where they lie. Loads no TensorFlow.js. */
import { nativeRoot } from '@assay-ml/numerics/engine';

export { nativeRoot };

/** The version of Node's binary interface that bindings are compiled for; every Node since 12.22 has it. */
export const NATIVE_NAPI = 8;

/** What distinguishes one build of native TensorFlow from another on one machine. */
export interface NativeBuild {
  /** `cuda` computes on NVIDIA GPUs where there is one. */
  readonly flavour: 'cpu' | 'cuda';
  /** Version of TensorFlow, e.g. `2.15.1`. */
  readonly tensorflow: string;
  /** Version of `@tensorflow/tfjs-node`, whose binding was compiled. */
  readonly tfjs: string;
}

/** Name of a build's folder in {@link nativeRoot}: all that its binding depends on. */
export function nativeName({ flavour, tensorflow, tfjs }: NativeBuild): string {
  return `${flavour}-${tensorflow}-${suffix(tfjs)}`;
}

/**
 * The builds in {@link nativeRoot} that this Node can load: `cuda` before `cpu`, newest first.
 * @param tfjs version of `@tensorflow/tfjs-node`
 * @returns paths of folders
 */
export function nativeBuilds(tfjs: string): readonly string[] {
  const { existsSync, readdirSync, statSync } = process.getBuiltinModule('node:fs');
  const { join } = process.getBuiltinModule('node:path');
  const root = nativeRoot();
  if (!existsSync(root) || !statSync(root).isDirectory()) return [];
  const name = /^(cpu|cuda)-(\d+)\.(\d+)\.(\d+)-(.*)$/;
  return readdirSync(root)
    .flatMap((folder) => {
      const [, flavour, major, minor, patch, rest] = name.exec(folder) ?? [];
      if (rest !== suffix(tfjs)) return [];
      return [{ folder, rank: [flavour === 'cuda' ? 1 : 0, Number(major), Number(minor), Number(patch)] }];
    })
    .sort((a, b) => b.rank.map((value, i) => value - a.rank[i]!).find((difference) => difference !== 0) ?? 0)
    .map(({ folder }) => join(root, folder));
}

const suffix = (tfjs: string): string => `tfjs${tfjs}-napi${NATIVE_NAPI}-${process.platform}-${process.arch}`;
