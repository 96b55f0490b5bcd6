import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { CreateNodes } from '@nx/devkit';
import { describe, expect, it } from 'vitest';

const plugin = new URL('../nx/paper.mjs', import.meta.url).href;
const root = new URL('../..', import.meta.url).pathname;

/** Targets the plugin gives to the package in a folder. */
async function targets(folder: string) {
  const { createNodes } = (await import(plugin)) as { createNodes: CreateNodes };
  const context = { workspaceRoot: root, nxJsonConfiguration: {} };
  const reproductions = readdirSync(join(root, 'apps/reproductions')).map((key) => `apps/reproductions/${key}`);
  const files = [...new Set([folder, ...reproductions])].map((one) => `${one}/package.json`);
  const found = await createNodes[1](files, undefined, context);
  return found.find(([file]) => file === `${folder}/package.json`)?.[1].projects?.[folder]?.targets ?? {};
}

describe('the plugin for papers', () => {
  it('gives a paper its targets: never cached, after the build of what they run', async () => {
    const { reproduce, bench, ...others } = await targets('packages/theory-sim');
    expect(others).toEqual({});
    expect(reproduce).toMatchObject({
      cache: false,
      dependsOn: [{ projects: ['assay', 'reproduce-l0l1', 'reproduce-local'], target: 'build' }],
      options: { command: 'node apps/assay/dist/cli.js run theory-sim --tier quick --backend wasm' },
      configurations: {
        standard: { command: 'node apps/assay/dist/cli.js run theory-sim --tier standard' },
        full: { command: 'node apps/assay/dist/cli.js run theory-sim --tier full' },
      },
    });
    expect(bench).toMatchObject({ cache: false, dependsOn: [{ projects: ['benchmarks'], target: 'build' }] });
  });

  it('gives a reproduction its own, after its own build and the command line’s alone', async () => {
    const { reproduce, ...others } = await targets('apps/reproductions/dag-sa');
    expect(others).toEqual({});
    expect(reproduce).toMatchObject({
      cache: false,
      dependsOn: [{ projects: ['assay', 'reproduce-dag-sa'], target: 'build' }],
      options: { command: 'node apps/assay/dist/cli.js run dag-sa --tier quick --backend wasm' },
    });
  });

  it.each(['numerics', 'datasets', 'federated', 'claims'])('gives %s none', async (name) => {
    expect(await targets(`packages/${name}`)).toEqual({});
  });

  it('is loaded by the workspace', () => {
    const { plugins } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as { plugins: unknown[] };
    expect(plugins).toContain('./tools/nx/paper.mjs');
  });
});
