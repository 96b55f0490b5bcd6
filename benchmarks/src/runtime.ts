/** Makes this process compute with what was asked for. */
import * as tf from '@tensorflow/tfjs-core';
import type { Runtime } from './benchmark.js';

interface Started {
  /** What computes, and its version. */
  readonly versions: Readonly<Record<string, string>>;
  /** A GPU's backend on a software adapter. */
  readonly software?: boolean;
}

/** @throws Error if it is not there, and why */
export async function start(runtime: Runtime): Promise<Started> {
  if (runtime === 'node') return { versions: {} };
  if (runtime === 'blas' || runtime === 'wasm-blas' || runtime === 'blas-256' || runtime === 'wasm-blas-256') {
    const { useEngine } = await import('@assay-ml/numerics/engine');
    const { version, core } = useEngine('blas');
    const under = runtime.startsWith('wasm') ? (await start('wasm')).versions : {};
    const name = runtime.endsWith('-256') ? 'BLAS, 256 bits' : 'BLAS';
    return { versions: { ...under, [name]: `${version} (${core})` } };
  }
  if (runtime === 'stock') {
    await import('@tensorflow/tfjs-layers'); // brings the gradients
    await import('@tensorflow/tfjs-backend-wasm');
    await tf.setBackend('wasm');
    return { versions: {} };
  }
  // Here, as older versions may lack the package.
  const { registerNative, useBackend } = await import('@assay-ml/tensors');
  const backend = runtime === 'tensorflow-one' ? 'tensorflow' : runtime;
  const { adapter, threads } = await useBackend(backend);
  const native = backend === 'tensorflow' ? await registerNative() : null;
  const versions = {
    'TensorFlow.js': tf.version_core,
    ...(native?.ok && runtime === 'tensorflow'
      ? { TensorFlow: `${native.version} (${native.gpu ? 'GPU' : `${threads} threads`})` }
      : {}),
    ...(adapter ? { WebGPU: `on ${adapter.description}${adapter.software ? ' (software)' : ''}` } : {}),
  };
  return { versions, ...(adapter?.software ? { software: true } : {}) };
}
