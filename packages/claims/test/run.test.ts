import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { inProcessExecutor, localExecutor, readVerdicts, runReproduction, verdictsSchema } from '../src/index.js';
import { toy } from './fixtures/toy/reproduction.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('plans, runs, judges and writes; then resumes from the store with the same hash', async () => {
  const first = await runReproduction(toy(), { tier: 'quick', folder, executor: inProcessExecutor() });
  expect(first.failures).toEqual([]);
  expect(first.verdicts.map((v) => [v.id, v.verdict])).toEqual([
    ['toy.C1', 'supported'],
    ['toy.C2', 'refuted'],
    ['toy.C3', 'not-run'],
    ['toy.D1', 'not-run'],
  ]);
  expect(first.exitCode).toBe(0);
  expect(first.reused).toBe(0);
  expect(verdictsSchema.parse(readVerdicts(folder)).resultHash).toBe(first.resultHash);

  const again = await runReproduction(toy(), { tier: 'quick', folder, executor: localExecutor({ jobs: 1 }) });
  expect(again.reused).toBe(12);
  expect(again.resultHash).toBe(first.resultHash);
});

it.each([1, 2])('gives the same hash with %i worker processes', async (jobs) => {
  const one = await runReproduction(toy(), { tier: 'quick', folder, executor: inProcessExecutor() });
  const other = await runReproduction(toy(), { tier: 'quick', folder, fresh: true, executor: localExecutor({ jobs }) });
  expect(other.failures).toEqual([]);
  expect(other.reused).toBe(0);
  expect(other.resultHash).toBe(one.resultHash);
});
