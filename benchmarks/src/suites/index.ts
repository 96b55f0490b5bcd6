import type { Benchmark } from '../benchmark.js';

/** The suites by package. Loaded by name: an older version need not have what another suite imports. */
export const suites: Readonly<Record<string, () => Promise<readonly Benchmark[]>>> = {
  'fts-prune': async () => (await import('./fts-prune.js')).ftsPrune,
  networks: async () => (await import('./networks.js')).networksSuite,
  numerics: async () => (await import('./numerics.js')).numericsSuite,
  tensors: async () => (await import('./tensors.js')).tensorsSuite,
  'theory-sim': async () => (await import('./theory-sim.js')).theorySim,
  'clip-adagrad': async () => (await import('./clip-adagrad.js')).clipAdagrad,
  'dag-sa-pypi': async () => (await import('./dag-sa-pypi.js')).dagSaPypi,
  'dag-sa': async () => (await import('./dag-sa.js')).dagSa,
  'frugal-opt': async () => (await import('./frugal-opt.js')).frugalOpt,
  floral: async () => (await import('./floral.js')).floral,
  fedtrpo: async () => (await import('./fedtrpo.js')).fedtrpo,
  'vlm-guard': async () => (await import('./vlm-guard.js')).vlmGuard,
};
