/** A registry on loopback that takes what npm publishes and gives it back; it has nothing else. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

interface Packument {
  readonly name: string;
  readonly 'dist-tags': Record<string, string>;
  readonly versions: Record<string, { dist: { tarball: string } }>;
  readonly _attachments?: Readonly<Record<string, { readonly data: string }>>;
}

/** Starts it. */
export async function startRegistry(): Promise<{ readonly url: string; close(): void }> {
  const packages = new Map<string, Packument>();
  const tarballs = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname).slice(1);
    if (request.method === 'PUT') {
      const { _attachments = {}, ...packument } = (await json(request)) as Packument;
      for (const [name, { data }] of Object.entries(_attachments)) tarballs.set(name, Buffer.from(data, 'base64'));
      for (const [version, { dist }] of Object.entries(packument.versions)) {
        dist.tarball = `${url}tarballs/${packument.name}-${version}.tgz`;
      }
      packages.set(packument.name, packument);
      response.end('{ "ok": true }');
      return;
    }
    const found = tarballs.get(path.replace(/^tarballs\//, '')) ?? packages.get(path);
    const body = found === undefined || Buffer.isBuffer(found) ? found : JSON.stringify(found);
    response.writeHead(body === undefined ? 404 : 200).end(body ?? '{ "error": "not found" }');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
