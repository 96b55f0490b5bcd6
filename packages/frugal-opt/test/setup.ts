import { useBackend } from '@assay-ml/tensors';

/** The backends that are there on any machine, and native TensorFlow where it is set up. */
export const BACKENDS = ['cpu', 'wasm', ...((await hasNative()) ? (['tensorflow'] as const) : [])] as const;

async function hasNative(): Promise<boolean> {
  return useBackend('tensorflow').then(
    () => true,
    () => false,
  );
}

export { useBackend };
