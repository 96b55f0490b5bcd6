import { runRounds } from '@assay-ml/federated';
import { squaredNorm } from '../vectors.js';
import type { RoundMetrics } from './metrics.js';
import type { Checked, Result } from './options.js';
import type { Recorder } from './recorder.js';

/** One method's part of a round. */
export interface Parts {
  /** Writes the server point after the round to `next` [d] and changes no state. */
  propose(round: number, next: Float64Array): void;
  /** Throws if a gradient of the round just proposed was NaN at a moderate point. */
  blame(round: number): void;
  /** Takes the proposal: controls and ledger. */
  commit(): void;
  /** Metrics of the round just taken. */
  measure(round: number): RoundMetrics;
  free(): void;
}

/** Runs a method's rounds: guards against divergence, measures, stops at the target. */
export function drive({ options, R, limit, state }: Checked, parts: Parts, recorder: Recorder | null): Result {
  const next = new Float64Array(state.x.length);
  const history: RoundMetrics[] = [];
  const detailed = options.metrics === true || options.onRound !== undefined;
  const target = options.target;
  let diverged: Result['diverged'] = null;
  let reached = target !== undefined && recorder!.gradientNorm2(state.x) <= target;
  const round = (r: number): boolean => {
    if (recorder) recorder.squares = recorder.terms = 0;
    parts.propose(r, next);
    const norm = Math.sqrt(squaredNorm(next));
    if (!(norm <= limit)) {
      if (!Number.isFinite(norm)) parts.blame(r);
      diverged = { round: r, reason: `‖x‖ is ${norm}, ${Number.isNaN(norm) ? 'not finite' : `above ${limit}`}` };
      return false;
    }
    state.x.set(next);
    state.round = r + 1;
    parts.commit();
    options.onPoint?.(state.x, r);
    if (recorder) {
      if (options.averaged) {
        state.squares += recorder.squares;
        state.terms += recorder.terms;
      }
      if (detailed) {
        const metrics = parts.measure(r);
        if (options.metrics) history.push(metrics);
        options.onRound?.(metrics, state.x);
      }
      reached = target !== undefined && recorder.gradientNorm2(state.x) <= target;
    }
    return !reached;
  };
  try {
    if (!reached) runRounds(state.round, R, round, { signal: options.signal, onProgress: options.onProgress });
  } finally {
    parts.free();
  }
  return {
    x: state.x.slice(),
    state,
    rounds: state.round,
    diverged,
    reached,
    gradientCalls: state.ledger.gradientCalls,
    ledger: { ...state.ledger },
    ...(options.metrics ? { history } : {}),
    ...(options.averaged && state.terms > 0 ? { averagedGradientNorm2: state.squares / state.terms } : {}),
  };
}
