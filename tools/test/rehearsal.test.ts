import { expect, it } from 'vitest';

import { startRegistry } from '../src/registry.js';
import { chosen, readManifests, runAsync } from '../src/workspace.js';

it('gives back what npm publishes, from where it listens, and has nothing else', async () => {
  const registry = await startRegistry();
  try {
    const tarball = Buffer.from([31, 139, 0, 255]);
    const body = {
      name: '@a/b',
      'dist-tags': { latest: '1.2.3' },
      versions: { '1.2.3': { dist: { tarball: 'https://elsewhere.example/b.tgz' } } },
      _attachments: { '@a/b-1.2.3.tgz': { data: tarball.toString('base64') } },
    };
    const at = `${registry.url}@a%2fb`;
    expect((await fetch(at)).status).toBe(404);
    expect((await fetch(at, { method: 'PUT', body: JSON.stringify(body) })).ok).toBe(true);
    const url = `${registry.url}tarballs/@a/b-1.2.3.tgz`;
    expect(await (await fetch(at)).json()).toEqual({
      name: '@a/b',
      'dist-tags': { latest: '1.2.3' },
      versions: { '1.2.3': { dist: { tarball: url } } },
    });
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(tarball);
    expect((await fetch(`${registry.url}@a%2fc`)).status).toBe(404);
  } finally {
    registry.close();
  }
});

it('chooses packages by their projects, and says which there are', () => {
  const manifests = readManifests();
  expect(chosen(manifests, ['numerics', 'assay']).map(({ name }) => name)).toEqual([
    '@assay-ml/numerics',
    '@assay-ml/assay',
  ]);
  expect(chosen(manifests, [])).toHaveLength(manifests.size);
  expect(() => chosen(manifests, ['numerics', 'nothing'])).toThrow(/^no package nothing; there are .*numerics/);
});

it('says what a program that failed printed, and ends one that takes too long', async () => {
  const node = (source: string, patience?: number) =>
    runAsync(process.execPath, ['-e', source], '.', process.env, patience);
  expect(await node('console.log(1)')).toBe('1\n');
  await expect(node('console.log("out"); console.error("err"); process.exit(3)')).rejects.toThrow(/out\nerr/);
  await expect(node('setInterval(() => {}, 1000)', 300)).rejects.toThrow('ended after 0.3 s');
});
