import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { packageOf, PAPERS } from '../src/papers.js';

interface Manifest {
  readonly name: string;
  readonly assay: { readonly key: string; readonly project: string };
  readonly nx: { readonly name: string; readonly tags: readonly string[] };
}

it('offers the reproductions of this repository, by their names', () => {
  const folder = fileURLToPath(new URL('../../reproductions/', import.meta.url));
  const keys = readdirSync(folder);
  expect(Object.values(PAPERS).flat().sort()).toEqual(keys.sort());
  for (const key of keys) {
    const { name, assay, nx } = JSON.parse(readFileSync(`${folder}${key}/package.json`, 'utf8')) as Manifest;
    expect([assay.key, name, nx.name]).toEqual([key, packageOf(key), `reproduce-${key}`]);
    expect(PAPERS[assay.project]).toContain(key);
    expect(nx.tags).toEqual(['layer:reproduction', `scope:reproduce-${key}`, `paper:${assay.project}`]);
  }
});
