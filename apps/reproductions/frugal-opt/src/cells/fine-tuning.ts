/** What fine-tuning moves, for each method: the authors' choice for RoBERTa (spec §3.6). */
import { type Group, type Method, report, type State } from '@assay-ml/frugal-opt';
import { type MethodConfig, methodOf } from '../methods.js';

/** A decoder's embeddings; those of an encoder are constants of its network. */
const EMBEDDING = { match: 'embed_tokens', kind: 'frozen' } as const;
/** Kernels of queries and values, which are split, and all kernels within layers; of encoders and decoders. */
const [SPLIT, LINEAR] = ['(query|value|[qv]_proj)\\.kernel$', '(dense|key|_proj)\\.kernel$'];

/**
 * Embeddings are frozen throughout. FRUGAL splits queries and values, the other kernels within layers have no state, and what
 * remains is AdamW's; LoRA has adapters on queries and values and trains the head, and nothing else.
 */
const GROUPS: Readonly<Record<string, readonly Group[]>> = {
  AdamW: [EMBEDDING],
  FRUGAL: [EMBEDDING, { match: SPLIT, kind: 'projectable' }, { match: LINEAR, kind: 'free' }],
  LoRA: [
    { match: SPLIT, kind: 'projectable' },
    { match: 'classifier|lm_head', kind: 'regular' },
    { match: '', kind: 'frozen' },
  ],
};

/** Steps between refreshes: the authors' 500 of some thousands. */
const periodOf = (steps: number) => Math.ceil(steps / 8);

/** What C11 compares, `rank` columns of `width` of queries and values with state, or none; and what stands beside it. */
export const fineTunedOf = ({ rank, width, steps }: { rank: number; width: number; steps: number }) => {
  const frugal = { method: 'FRUGAL', projector: 'columns', freeScale: 0.1, period: periodOf(steps) } as const;
  return {
    'FRUGAL, r': { ...frugal, rho: rank / width },
    'FRUGAL, 0': { ...frugal, rho: 0 },
    'all weights': { method: 'AdamW' },
    LoRA: { method: 'LoRA', rank },
  } as const satisfies Readonly<Record<string, MethodConfig>>;
};

/** A method of a fine-tuning. */
export type FineName = keyof ReturnType<typeof fineTunedOf>;
/** All of them. */
export const FINE_NAMES = ['FRUGAL, r', 'FRUGAL, 0', 'all weights', 'LoRA'] as const satisfies readonly FineName[];

/** The optimiser of a fine-tuning: 6 % of warm-up and a linear fall to 0. */
export function fineTuner(config: MethodConfig, peak: number, steps: number, seed: number): Method {
  const rate = { kind: 'linear', peak, warmUp: Math.ceil(0.06 * steps), total: steps } as const;
  return methodOf({ ...config, groups: GROUPS[config.method]! }, rate, seed, 'in-out');
}

/** Of state and of what projectors and adapters keep. */
export const bytesOf = (state: State): number =>
  report(state).reduce((sum, { stateBytes, projectorBytes }) => sum + stateBytes + projectorBytes, 0);
