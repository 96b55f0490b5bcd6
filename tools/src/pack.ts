/**
 * `npm run pack:check [-- <project> …]`: what is in each tarball that would be published, the command line and the
 * reproductions among them. Nothing is installed: that is the rehearsal of a release, `rehearse.ts`.
 *
 * publint and attw (ESM only) on the tarball; every file of `dist` comes from a source that is still there; what its modules
 * import is in its manifest, and what its README imports on the README's install line; the README says where it runs; no
 * text gives npx a name that is not ours.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installFaults, runsIn, staleFiles, strangers, undeclared, type Manifest } from './packages.js';
import { bin, chosen, readManifests, root, run } from './workspace.js';

/** Packs into `out`; returns the tarball's path and the files in it. */
function pack(manifest: Manifest, out: string): { tarball: string; files: string[] } {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', out], manifest.folder)) as [
    { filename: string; files: { path: string }[] },
  ];
  return { tarball: join(out, packed.filename), files: packed.files.map((file) => file.path) };
}

function faults(manifest: Manifest, files: readonly string[]): string[] {
  const read = (file: string) => readFileSync(join(manifest.folder, file), 'utf8');
  const readme = read('README.md');
  const missing = ['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file));
  const stale = staleFiles(files, (source) => existsSync(join(manifest.folder, source)));
  const maps = files.filter((file) => file.endsWith('.map'));
  const modules = files.filter((file) => /^(dist|bin)\/.*\.[jt]s$/.test(file));
  const texts = files.filter((file) => /\.(js|ts|md|ya?ml)$/.test(file) && !file.startsWith('evidence/'));
  const unknown = undeclared(manifest, modules.map(read));
  const foreign = strangers(texts.map(read).join('\n'));
  const list = (what: string, names: readonly string[], advice: string) =>
    names.length === 0 ? [] : [`${what} ${names.join(', ')}. ${advice}`];
  return [
    ...list('not in the tarball:', missing, 'Name them in files.'),
    ...list('built from sources that are gone:', stale, 'Remove dist and build again.'),
    ...list('maps of sources that are not shipped:', maps, 'Remove dist and build again.'),
    ...list('imported and in neither dependencies nor peerDependencies:', unknown, 'Add them.'),
    ...list('npx is told to run', foreign, 'Say npx @assay-ml/…: anyone may take another name.'),
    ...installFaults(manifest, readme),
    ...(runsIn(readme) === null ? ["its README has no sentence 'Runs in Node 20.19 or newer[ and in browsers]'."] : []),
  ];
}

function main(): number {
  const manifests = chosen(readManifests(), process.argv.slice(2));
  const out = mkdtempSync(join(tmpdir(), 'assay-tarballs-'));
  let failed = 0;
  try {
    for (const manifest of manifests) {
      try {
        const { tarball, files } = pack(manifest, out);
        const found = faults(manifest, files);
        if (found.length > 0) throw new Error(found.join('\n  '));
        run(bin('publint'), [tarball, '--strict'], root);
        run(bin('attw'), [tarball, '--profile', 'esm-only'], root);
        console.log(`✓ ${manifest.name} ${manifest.version}: ${files.length} files`);
      } catch (error) {
        failed++;
        console.error(`✗ ${manifest.name}: ${(error as Error).message}`);
      }
    }
  } finally {
    rmSync(out, { recursive: true });
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = main();
