import { createProjectGraphAsync } from '@nx/devkit';
import { expect, it } from 'vitest';

it('no project depends on a reproduction: an edited claim tests its own reproduction and nothing else', async () => {
  const { nodes, dependencies } = await createProjectGraphAsync({ exitOnError: true });
  const reproductions = Object.values(nodes).filter(({ data }) => data.tags?.includes('layer:reproduction'));
  expect(reproductions.length).toBeGreaterThan(0);
  const names = new Set(reproductions.map(({ name }) => name));
  const onto = Object.values(dependencies)
    .flat()
    .filter(({ target }) => names.has(target))
    .map(({ source, target }) => `${source} → ${target}`);
  expect(onto).toEqual([]);
});
