/**
 * What clients keep between rounds, in a folder: for more clients than memory holds, and for runs that are stopped. Node's modules
 * come from `process.getBuiltinModule`, so that no bundler for browsers meets an import it cannot follow.
 */
import { integer, requireText } from '@assay-ml/numerics/check';
import type { ClientStore } from './client-store.js';
import { type Json, loadState, saveState, type State } from './state.js';

/**
 * A store in a folder, a file a client, `client-7.json`. Files are written beside and renamed: a crash leaves the old one or the
 * new one, never half of one.
 * @param folder made where it is not there
 * @throws TypeError for arguments of another kind; Error where there is no file system; RangeError at `get` for a file that is damaged, naming it
 */
export function folderStore<T extends State = State>(folder: string): ClientStore<T> {
  requireText('folderStore', 'folder', folder, 'Name a folder.');
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) throw new Error(`folderStore: '${folder}' needs Node 20.19 or newer. In a browser take memoryStore.`); // prettier-ignore
  const fs = builtin('node:fs');
  const { join } = builtin('node:path');
  fs.mkdirSync(folder, { recursive: true });
  const file = (client: number) => join(folder, `client-${integer('folderStore', 'client', client, 0)}.json`);
  return {
    get(client) {
      const path = file(client);
      if (!fs.existsSync(path)) return null;
      try {
        return loadState(JSON.parse(fs.readFileSync(path, 'utf8')) as Json) as T;
      } catch (error) {
        throw new RangeError(`folderStore: '${path}' is damaged; must be what put wrote. Remove it, and the client starts anew.`, { cause: error }); // prettier-ignore
      }
    },
    put(client, state) {
      const path = file(client);
      fs.writeFileSync(`${path}.new`, JSON.stringify(saveState(state)));
      fs.renameSync(`${path}.new`, path);
    },
    clients: () =>
      fs
        .readdirSync(folder)
        .flatMap((name) => /^client-(\d+)\.json$/.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b),
  };
}
