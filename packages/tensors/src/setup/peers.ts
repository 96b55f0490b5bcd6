/** Packages that a set-up needs and that do not come by themselves. */
import { createRequire } from 'node:module';
import { SetUpError } from './set-up-error.js';

/**
 * Says how to install optional peers of this package, and this package with them: npm then puts them side by side.
 * @param peers their names
 */
export function notInstalled(peers: readonly string[], cause: unknown): SetUpError {
  const { name, version, peerDependencies } = createRequire(import.meta.url)('../../package.json') as {
    name: string;
    version: string;
    peerDependencies: Readonly<Record<string, string>>;
  };
  const packages = [`${name}@${version}`, ...peers.map((peer) => `${peer}@${peerDependencies[peer]}`)];
  return new SetUpError(
    `native: it needs npm packages that do not come by themselves. Install them without their scripts: npm i --ignore-scripts ${packages.join(' ')}`,
    { cause },
  );
}
