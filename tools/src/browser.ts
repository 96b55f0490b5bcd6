/** Whole packages in a page of headless Chromium: built by Vite, and from its development server. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build, createServer } from 'vite';
import { chromium, opened, visited } from '../../vitest.chromium.mjs';
import { importAll } from './packages.js';

const page = (names: readonly string[]) => `${importAll(names)}
await fetch('/result', { method: 'POST', body: JSON.stringify(outcome) });`;

/**
 * Imports all of some packages in a page.
 * @param folder where they are installed
 * @param names of the packages
 * @returns what became of each, `ok` or why not, bundled and from a development server; null where there is no Chromium
 */
export async function inBrowser(
  folder: string,
  names: readonly string[],
): Promise<Readonly<Record<'bundled' | 'dev', Readonly<Record<string, string>>>> | null> {
  if (chromium === undefined) return null;
  const site = join(folder, 'site');
  mkdirSync(site);
  writeFileSync(join(site, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
  writeFileSync(join(site, 'page.js'), page(names));
  const options = { root: site, configFile: false, logLevel: 'error' } as const;
  await build({ ...options, build: { target: 'es2022' } });
  const bundled = await opened(join(site, 'dist'), join(folder, 'profile-bundled'));
  let posted: (body: string) => void;
  const result = new Promise<string>((resolve) => (posted = resolve));
  const server = await createServer({
    ...options,
    server: { port: 0, host: '127.0.0.1', fs: { allow: [folder] } },
    plugins: [
      {
        name: 'result',
        configureServer: ({ middlewares }) => {
          middlewares.use('/result', (request, response) => {
            void text(request).then(posted);
            response.end();
          });
        },
      },
    ],
  });
  try {
    await server.listen();
    const dev = await visited(server.resolvedUrls!.local[0]!, join(folder, 'profile-dev'), result);
    return { bundled: JSON.parse(bundled) as Record<string, string>, dev: JSON.parse(dev) as Record<string, string> };
  } finally {
    await server.close();
  }
}
