/** Masks against an implementation in PyTorch and float64, scripts/pytorch_masks.py: it says what the fixture holds. */
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@assay-ml/tensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES, maskCase, PIECE, PROBES, SEED } from '../scripts/mask-cases.mjs';
import {
  type Criterion,
  criteria,
  fromNetwork,
  type LayerScores,
  type Mask,
  maskValues,
  prune,
  score,
  type ScoreOptions,
  select,
} from '../src/index.js';

interface Expected {
  kept: number;
  /** The lowest score kept. */
  cut: number;
  /** Places of the scores within NEAR of the cut. */
  near: number[];
  mask: string;
}

const CASES = ['mlp', 'vggMini'] as const;
const fixture = JSON.parse(readFileSync(new URL('fixtures/pytorch-masks.json', import.meta.url), 'utf8')) as Record<
  (typeof CASES)[number],
  Record<string, Record<string, Expected>>
>;

/** How far, relatively, from the cut two scores may lie whose masks differ. */
const NEAR = 1e-4;
/** Weights that may differ, of those kept. */
const SHARE = 1e-3;

const variants: [name: string, criterion: Criterion, options: ScoreOptions][] = [
  ['random', 'random', {}],
  ['magnitude', 'magnitude', {}],
  ['gn', 'gn', {}],
  ['snip', 'snip', {}],
  ['grasp, largest', 'grasp', { graspKeep: 'largest-minus-thetaHg' }],
  ['grasp, smallest', 'grasp', { graspKeep: 'smallest-minus-thetaHg' }],
  ['fd', 'fd', {}],
  ['fp', 'fp', {}],
  ['fts, repo', 'fts', { sign: 'repo' }],
  ['fts, taylor', 'fts', { sign: 'taylor' }],
  ['fts, batches of 8', 'fts', { maskBatch: 8 }],
  ['fbss', 'fbss', {}],
  ['synflow', 'synflow', {}],
  ['hd', 'hd', {}],
  ['hp', 'hp', {}],
  ['hts', 'hts', {}],
];

it('every criterion is compared', () => {
  expect(new Set(variants.map(([, criterion]) => criterion))).toEqual(new Set(criteria));
  for (const name of CASES) expect(Object.keys(fixture[name]).sort()).toEqual(variants.map(([v]) => v).sort());
});

const missing = await useBackend('tensorflow').then(
  () => '',
  (error: Error) => error.message,
);

describe.for(['wasm', 'tensorflow'] as const)('on %s', (backend) => {
  const skip = backend === 'tensorflow' && missing !== '';
  const reason = skip ? ` (skipped: ${missing})` : '';
  beforeAll(async () => void (skip || (await useBackend(backend))));

  describe.skipIf(skip).for(CASES)(`masks of %s are those of PyTorch${reason}`, (name) => {
    it.for(variants)('%s', { timeout: 180_000 }, async ([variant, criterion, options], { annotate }) => {
      const { network, weights, data } = maskCase(name);
      const model = fromNetwork(network, weights);
      const all = { ...options, batchSize: PIECE, probes: PROBES, seed: SEED };
      // SynFlow's scores come of its schedule, and so differ by sparsity.
      const once = criterion === 'synflow' ? null : (await score(model, data, criterion, all)).layers;
      const differ: string[] = [];
      for (const [sparsity, expected] of Object.entries(fixture[name][variant]!)) {
        const wanted = { sparsity: Number(sparsity) };
        const { mask, scores } =
          once === null
            ? await prune(model, null, { ...all, ...wanted, criterion, apply: false })
            : { mask: select(once, wanted), scores: once };
        differ.push(compare(`${name}, ${variant} at ${sparsity} on ${backend}`, mask, scores, expected));
      }
      await annotate(`kept weights that differ: ${differ.join(', ')}`);
      tf.dispose(weights);
    });
  });
});

it('the data divides into pieces and mask batches', () => {
  expect([EXAMPLES % PIECE, EXAMPLES % 8]).toEqual([0, 0]);
});

/** Asserts that a mask is the expected one but for ties in rounding; returns how many kept weights differ. */
function compare(what: string, mask: Mask, layers: readonly LayerScores[], expected: Expected): string {
  const ours = mask.layers.flatMap((layer) => [...maskValues(layer)]);
  const scores = layers.flatMap((layer) => [...layer.scores]);
  const bits = inflateSync(Buffer.from(expected.mask, 'base64'));
  const theirs = ours.map((_, i) => (bits[i >> 3]! >> (i & 7)) & 1);
  const kept = theirs.reduce((sum, bit) => sum + bit, 0);
  expect(ours.reduce((sum, bit) => sum + bit, 0)).toBe(kept);
  expect(kept).toBe(expected.kept);

  const cut = scores.reduce((least, s, i) => (ours[i] === 1 ? Math.min(least, s) : least), Infinity);
  expect(Math.abs(cut - expected.cut), `${what}: the cut is ${cut}, of PyTorch ${expected.cut}`).toBeLessThanOrEqual(NEAR * Math.abs(expected.cut)); // prettier-ignore

  const near = new Set(expected.near);
  const exchanged = ours.flatMap((bit, i) => (bit === theirs[i] ? [] : [i]));
  const far = exchanged.filter((i) => !near.has(i) || Math.abs(scores[i]! - cut) > NEAR * Math.abs(cut));
  const count = `${exchanged.length / 2} of ${kept}`;
  expect(far, `${what}: ${count} kept weights differ, these not by rounding`).toEqual([]);
  expect(exchanged.length / 2, `${what}: ${count} kept weights differ`).toBeLessThanOrEqual(SHARE * kept);
  return count;
}
