import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkReproduction, codeVersion, inProcessExecutor, runReproduction } from '@assay-ml/claims';
import reproduction from '../index.js';
import { run } from '../cells/estimate.js';

const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

test('it is a reproduction, and the one that package.json says', () => {
  const { key, project } = checkReproduction(reproduction);
  assert.deepEqual({ key, project }, manifest.assay);
});

test('an edited claim recomputes nothing: no cell imports it', async () => {
  for (const { module } of reproduction.experiments) {
    const files = Object.keys((await codeVersion(module)).files);
    const own = files.filter((file) => file.startsWith(`${manifest.name}/`));
    assert.deepEqual(own, [`${manifest.name}/cells/estimate.js`]);
  }
});

test('a cell is a pure function of configuration and seed', () => {
  const config = { size: 11, samples: 20 };
  assert.deepEqual(run(config, 1), run(config, 1));
  assert.notDeepEqual(run(config, 1), run(config, 2));
  // One draw is its own mean and its own median.
  assert.equal(run({ ...config, size: 1 }, 1).mean, run({ ...config, size: 1 }, 1).median);
});

test('a small run is judged as expected', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'my-paper-'));
  try {
    const options = { tier: /** @type {const} */ ('quick'), seeds: 5, folder, executor: inProcessExecutor() };
    const { verdicts, exitCode } = await runReproduction(reproduction, options);
    assert.deepEqual(
      verdicts.map(({ id, verdict, n }) => ({ id, verdict, n })),
      [{ id: 'my-paper.C1', verdict: 'supported', n: 5 }],
    );
    assert.equal(exitCode, 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
